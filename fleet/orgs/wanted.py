"""An organisation as a table or a folder of files wants it to be, and what is wrong with those."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleet.orgs.models import UnitKind


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, and where: `line` is its line, or a table's row; 0 is all of it."""

    line: int
    field: str
    text: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said: the line where it begins, and those of its single keys."""

    line: int
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def problem(self, name: str, text: str) -> Problem:
        """A problem with what is said under `name`, at the line of that or of what holds it."""
        key = name
        while key and key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return Problem(self.lines.get(key, self.line), name, text, self.file)


@dataclass(frozen=True, slots=True)
class WantedRoom:
    """A room; None, and a setting that is not there, is not spoken of. Settings are normal."""

    name: str
    timezone: str
    at: Place
    uplink: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WantedUnit:
    """A unit, by its code, below the one with the code `above`; the top is below nothing.

    `sections` are the keys of other folders, see `orgs.files`.
    """

    code: str
    kind: UnitKind
    above: str
    name: str
    at: Place
    iso2: str | None = None
    centre: str | None = None
    language: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    rooms: tuple[WantedRoom, ...] = ()
    sections: Mapping[str, Any] = field(default_factory=dict)


FIELDS = ("name", "iso2", "centre", "language")
"""What of a unit may change; its code, kind and place may not."""
