"""Readings as lines of InfluxDB's line protocol, and names as tags.

One measurement, `lectern`, with one numeric field, `value` (VictoriaMetrics calls it
`lectern_value`), and the tags device, point, room, site and unit; times are in nanoseconds.

A tag can hold neither a line's end nor nothing, and a backslash in it is read differently by
different stores. So a name's control characters, backslashes and tildes are written `~` and two
hexadecimal digits, and an empty name is `~`; all other names are what they are.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from fleet.telemetry import levels
from fleet.telemetry.ports import Point

MEASUREMENT: Final = "lectern"
FIELD: Final = "value"
_ODD: Final = re.compile(r"[\x00-\x1f\x7f\\~]")
_CODED: Final = re.compile(r"~([0-9A-F]{2})")
_ESCAPED: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


def tag(name: str) -> str:
    """A name as the value of a tag."""
    return _ODD.sub(lambda found: f"~{ord(found[0]):02X}", name) or "~"


def name(tag: str) -> str:
    """The name that a tag's value stands for."""
    return "" if tag == "~" else _CODED.sub(lambda found: chr(int(found[1], 16)), tag)


def encode(points: Iterable[Point]) -> bytes:
    """One line a reading."""
    return "\n".join(
        f"{_series(p.device, p.point, p.room, p.site, p.unit)} {FIELD}={p.value!r} "
        f"{levels.micros(p.at)}000"
        for p in points
    ).encode()


@lru_cache(maxsize=100_000)
def _series(device: str, point: str, room: str, site: str, unit: str) -> str:
    tags = {"device": device, "point": point, "room": room, "site": site, "unit": unit}
    return ",".join(
        (MEASUREMENT, *(f"{key}={tag(value).translate(_ESCAPED)}" for key, value in tags.items()))
    )
