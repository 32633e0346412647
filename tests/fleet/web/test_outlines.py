"""Outlines of countries: what is written is what the map reads."""

import json
from pathlib import Path

import pytest

from fleet.web.assets import ATLAS
from fleet.web.outlines import STEPS, outlines

MODULES = Path(__file__).parents[3] / "node_modules"


def corners(text: str) -> list[tuple[float, float]]:
    """As `static/map.js` reads them: longitude and latitude."""
    numbers, number, shift = [], 0, 0
    for letter in text:
        part = ord(letter) - 63
        number |= (part & 31) << shift
        shift += 5
        if not part & 32:
            numbers.append(-(number + 1) // 2 if number & 1 else number // 2)
            number = shift = 0
    found, x, y = [], 0, 0
    for right, up in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + right, y + up
        found.append((x / STEPS, y / STEPS))
    return found


def topology(*geometries: dict[str, object]) -> dict[str, object]:
    square = [[0, 0], [100, 0], [0, 100], [-100, 0], [0, -100]]
    return {
        "transform": {"scale": [0.1, 0.1], "translate": [30.0, -5.0]},
        "arcs": [square],
        "objects": {"countries": {"geometries": list(geometries)}},
    }


def test_a_country_is_written_by_its_code() -> None:
    kenya = {"type": "Polygon", "id": "404", "arcs": [[0]]}
    nobody = {"type": "MultiPolygon", "arcs": [[[0]]]}
    gambia = {"type": "Polygon", "id": "270", "arcs": [[0]]}

    found = outlines(topology(kenya, nobody), topology(kenya, gambia))

    assert set(found) == {"", "KE", "GM"}
    assert set(corners(found["KE"][0])) == {(30, -5), (40, -5), (40, 5), (30, 5)}
    assert corners(found["GM"][0]) == [(35, 0)], "too small for an outline: its middle"


@pytest.mark.skipif(not (MODULES / ATLAS[0]).exists(), reason="`npm ci` brings world-atlas")
def test_the_countries_of_the_first_deployment_are_on_the_map() -> None:
    coarse, fine = (json.loads((MODULES / name).read_bytes()) for name in ATLAS)

    found = outlines(coarse, fine)

    for code in "PK KH LK EG DJ ET MN ID UG KE GM NG NP MY KG UZ GH ZM SN MA RS ML".split():  # noqa: SIM905
        ring = corners(found[code][0])
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)
    assert len(json.dumps(found)) < 20_000
