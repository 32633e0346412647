"""What npm brought is copied once, and a missing file says what to do."""

import gzip
import json
from pathlib import Path

import pytest

from fleet.web import assets

NO_COUNTRY = json.dumps(
    {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [],
        "objects": {"countries": {"geometries": []}},
    }
)


def test_copies_only_what_differs(tmp_path: Path) -> None:
    modules, target = tmp_path / "node_modules", tmp_path / "vendor"
    for source in assets.FILES.values():
        (modules / source).parent.mkdir(parents=True, exist_ok=True)
        (modules / source).write_text("one")
    for name in assets.ATLAS:
        (modules / name).parent.mkdir(exist_ok=True)
        (modules / name).write_text(NO_COUNTRY)
    first = assets.copy(modules, target)
    assert [file.read_text() for file in first] == ["one"] * len(assets.FILES) + ["{}"]
    before = [file.stat().st_mtime_ns for file in first]
    assert [file.stat().st_mtime_ns for file in assets.copy(modules, target)] == before
    (modules / next(iter(assets.FILES.values()))).write_text("two")
    assert assets.copy(modules, target)[0].read_text() == "two"


def test_what_browsers_are_sent_lies_beside_and_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "one.js"
    file.write_text("let one = 1;" * 100)

    assets.compress([file])
    assets.compress([file])

    packed = tmp_path / "one.js.gz"
    assert gzip.decompress(packed.read_bytes()) == file.read_bytes()


def test_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["assets", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"hls.* is missing: run `npm ci` first"):
        assets.main()
