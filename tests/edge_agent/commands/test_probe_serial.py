"""Probing over a serial line: a panel of the OEM family at the other end of a cable."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_agent.cli import main
from simulator.panel import AabbccPanel
from tests.devices.serial_pair import SerialPair, serial_pair


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[SerialPair]:
    with serial_pair(tmp_path) as pair:
        yield pair


def probe(cable: SerialPair, report: Path, *more: str, answer: str = "") -> Result:
    argv = ["profile", "probe", "wedon-ifp", "--line", str(cable.ours), "--report", str(report)]
    return CliRunner().invoke(main, [*argv, *more], input=answer)


def test_a_panel_of_the_family_answers_to_the_unverified_profile(
    cable: SerialPair, beside: Callable[[AabbccPanel], AabbccPanel], tmp_path: Path
) -> None:
    panel = beside(AabbccPanel(line=cable.theirs))
    panel.volume = 17

    told = probe(cable, tmp_path / "report", "--commands", answer="y\n")

    assert told.exit_code == 0, told.output
    assert "(serial, 1.5 s each)" in told.output
    assert "  done    volume 17\n" in told.output
    assert "5 readings: 5 value; 3 of 3 commands confirmed." in told.output
    assert panel.volume == 17


def test_a_cable_without_a_panel_says_what_to_look_at(cable: SerialPair, tmp_path: Path) -> None:
    told = probe(cable, tmp_path / "report")

    assert told.exit_code == 1
    assert "null-modem cable" in told.output
    assert "its baud rate 9600?" in told.output
    assert told.output.count("(no answer: ") == 2


def test_a_port_that_is_not_there_is_named(cable: SerialPair, tmp_path: Path) -> None:
    cable.ours = tmp_path / "ttyUSB7"

    told = probe(cable, tmp_path / "report")

    assert told.exit_code == 1
    assert str(cable.ours) in told.output
