"""Outlines of countries for the map, made small: from world-atlas at 1:110 million.

Pure. The result is what `static/map.js` reads: ISO 3166 code → its rings, each a text of
corners in steps of half a degree, from corner to corner, zigzag, in base 64 of five bits a
letter as polylines are written; and `""` → rings of countries without a code. A country too
small to have an outline has a ring of one corner: its middle.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from babel.core import get_global

STEPS = 2
"""Corners a degree: half a degree is a pixel of a map of the world."""

_SMALL, _FLAT = 12, 2

Point = tuple[int, int]


def outlines(coarse: dict[str, Any], fine: dict[str, Any]) -> dict[str, list[str]]:
    """Rings by country, from topologies of world-atlas; `fine` for those not in `coarse`."""
    found: dict[str, list[str]] = {}
    for code, rings in _countries(coarse):
        kept = [r for r in map(_smoothed, rings) if len(r) > 2 and not _goes_round(r)]
        kept = kept or [[_middle(rings[0])]]
        found.setdefault(code, []).extend(map(_written, kept))
    for code, rings in _countries(fine):
        if code and code not in found:
            found[code] = [_written([_middle(max(rings, key=len))])]
    return dict(sorted(found.items()))


def _countries(topology: dict[str, Any]) -> Iterator[tuple[str, list[list[Point]]]]:
    arcs = [list(_corners(arc, topology["transform"])) for arc in topology["arcs"]]
    aliases = get_global("territory_aliases")
    for one in topology["objects"]["countries"]["geometries"]:
        code = next(iter(aliases.get(one.get("id", ""), ())), "")
        shapes = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        yield code, [list(_joined(ring, arcs)) for shape in shapes for ring in shape[:1]]


def _corners(arc: list[list[int]], transform: dict[str, Any]) -> Iterator[Point]:
    """Longitude and latitude in steps; topologies hold differences."""
    (x_scale, y_scale), (x_zero, y_zero) = transform["scale"], transform["translate"]
    x = y = 0
    for right, up in arc:
        x, y = x + right, y + up
        yield round((x * x_scale + x_zero) * STEPS), round((y * y_scale + y_zero) * STEPS)


def _joined(ring: list[int], arcs: list[list[Point]]) -> Iterator[Point]:
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        yield from arc[1:]


def _without_repeats(ring: Iterable[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in ring:
        if not kept or kept[-1] != point:
            kept.append(point)
    return kept


def _smoothed(ring: Iterable[Point]) -> list[Point]:
    """Without corners that stand out by less than a step; small countries keep theirs."""
    corners = _without_repeats(ring)
    if len(corners) < _SMALL:
        return corners
    kept = corners[:1]
    for here, following in pairwise(corners[1:]):
        (x, y), (right, up), (far, high) = kept[-1], here, following
        if abs((right - x) * (high - y) - (far - x) * (up - y)) > _FLAT:
            kept.append(here)
    return [*kept, corners[-1]]


def _goes_round(ring: list[Point]) -> bool:
    """Whether it crosses the date line, where a flat map would draw a line across the world."""
    longitudes = [x for x, _y in ring]
    return max(longitudes) - min(longitudes) > 350 * STEPS


def _middle(ring: list[Point]) -> Point:
    return (
        round(sum(x for x, _y in ring) / len(ring)),
        round(sum(y for _x, y in ring) / len(ring)),
    )


def _written(ring: list[Point]) -> str:
    text = []
    before = (0, 0)
    for point in ring:
        for new, old in zip(point, before, strict=True):
            difference = new - old
            number = difference * 2 if difference >= 0 else -difference * 2 - 1
            while number >= 32:
                text.append(chr((32 | number & 31) + 63))
                number >>= 5
            text.append(chr(number + 63))
        before = point
    return "".join(text)
