"""The page of supported devices is what the profiles say."""

from pathlib import Path

import pytest

from contract.standards import RULES
from edge_agent import profiles, supported_devices


def test_the_committed_page_matches_the_profiles() -> None:
    wanted = supported_devices.page()

    assert supported_devices.PAGE.read_text(encoding="utf-8") == wanted


def test_each_profile_has_a_row_and_a_card_with_every_rule() -> None:
    page = supported_devices.page()

    for name in profiles.ids():
        assert page.count(f"[`{name}`](#{name})") == 1
        card = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert [rule for rule, words in RULES.items() if f"\n| {words} |" not in card] == []


def test_a_difference_is_noticed_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supported_devices, "PAGE", tmp_path / "page.md")

    missing = supported_devices.main(["--check"])
    said = capsys.readouterr().err
    written = supported_devices.main([])
    same = supported_devices.main(["--check"])
    (tmp_path / "page.md").write_text("edited by hand")

    assert (missing, written, same, supported_devices.main(["--check"])) == (1, 0, 0, 1)
    assert "run: python -m edge_agent.supported_devices" in said
    assert supported_devices.main(["--chek"]) == 2
