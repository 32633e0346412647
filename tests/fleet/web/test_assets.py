"""What npm brought is copied once, and a missing file says what to do."""

from pathlib import Path

import pytest

from fleet.web import assets


def test_copies_only_what_differs(tmp_path: Path) -> None:
    modules, target = tmp_path / "node_modules", tmp_path / "vendor"
    for source in assets.FILES.values():
        (modules / source).parent.mkdir(parents=True)
        (modules / source).write_text("one")
    first = assets.copy(modules, target)
    assert [file.read_text() for file in first] == ["one"] * len(assets.FILES)
    before = [file.stat().st_mtime_ns for file in first]
    assert [file.stat().st_mtime_ns for file in assets.copy(modules, target)] == before
    (modules / next(iter(assets.FILES.values()))).write_text("two")
    assert assets.copy(modules, target)[0].read_text() == "two"


def test_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["assets", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"hls.* is missing: run `npm ci` first"):
        assets.main()
