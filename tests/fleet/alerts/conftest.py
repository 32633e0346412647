"""The application under test, and its configuration as files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fleet.cli import main
from fleet.settings import FleetSettings
from tests.fleet.commands.test_config import FILES
from tests.fleet.ingesting import environment
from tests.fleet.web.application import application

__all__ = ["application"]

TOP = "unit: top\nkind: region\nname: Region\n"


@pytest.fixture
def command(settings: FleetSettings) -> Callable[..., Result]:
    """`command("plan", folder)` is `fleet config plan …`."""
    return lambda *words: CliRunner(env=environment(settings)).invoke(
        main, ["config", *(str(word) for word in words)]
    )


@pytest.fixture
def configuration(tmp_path: Path) -> Callable[[str, str], Path]:
    """A folder of files, with more keys for the top unit and for one institution."""

    def write(top: str, institution: str) -> Path:
        made = tmp_path / "configuration"
        made.mkdir()
        for name, text in {**FILES, "top.yaml": TOP + top}.items():
            (made / name).write_text(text)
        with (made / "ke-uon.yaml").open("a") as file:
            file.write(institution)
        return made

    return write
