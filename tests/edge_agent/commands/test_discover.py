"""`edge-agent discover` against a simulated projector on the loopback."""

import asyncio
import json
import tomllib
from ipaddress import IPv4Interface

import pytest
from click.testing import CliRunner, Result

from edge_agent.cli import main
from edge_agent.commands import discover
from edge_agent.commands.discover import merged
from edge_agent.drivers.discovery.found import Found
from edge_agent.settings import RoomSettings
from simulator.projector import Projector

HOST = "127.0.0.77"
"""Where the projector's own port is free; it answers a search from 127.0.0.1."""


def _discover(*words: str) -> Result:
    argv = ["discover", "--interface", "127.0.0.1", "--seconds", "0.5", *words]

    async def scene() -> Result:
        async with Projector(host=HOST, port=4352, search_port=4352):
            return await asyncio.to_thread(CliRunner().invoke, main, argv)

    return asyncio.run(scene())


def test_what_is_found_is_taken_by_room_toml_as_it_is_printed() -> None:
    done = _discover("--hosts", HOST)

    assert done.exit_code == 0, done.output
    assert "Searching 127.0.0.0/8" in done.stderr
    assert "Knocking at 1 addresses" in done.stderr
    assert f"  {HOST}: answers on TCP 4352 as PJLINK" in done.stderr
    assert "room check" in done.stderr
    room = RoomSettings.model_validate(tomllib.loads(done.stdout))
    found = [(device.profile, device.host, device.mac) for device in room.device]
    assert ("pjlink-class-2", "127.0.0.1", "00:11:22:33:44:55") in found
    assert ("pjlink-class-1", HOST, "") in found


def test_programs_are_given_json() -> None:
    found = json.loads(_discover("--json").stdout)

    projector = next(each for each in found if each["host"] == "127.0.0.1")
    assert projector["profile"] == "pjlink-class-2"
    assert "[[device]]" in projector["toml"]


def test_when_nothing_is_found_it_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "networks", lambda address: ())

    done = CliRunner().invoke(main, ["discover"])

    assert done.exit_code == 1
    assert done.stdout == ""
    assert "--hosts" in done.stderr
    assert "serial" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--hosts", "10.0.0.0/8"), "a /24 at the most"),
        (("--hosts", "hall"), "neither an address nor a network"),
        (("--interface", "203.0.113.77"), "no address of this PC"),
        (("--interface", "127.0.0.1", "--seconds", "999"), "seconds"),
    ],
)
def test_what_cannot_be_searched_is_said(words: tuple[str, ...], why: str) -> None:
    done = CliRunner().invoke(main, ["discover", *words])

    assert done.exit_code != 0
    assert why in done.stderr


def test_a_network_nothing_can_be_sent_on_does_not_end_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    gone = IPv4Interface("203.0.113.77/24")
    here = IPv4Interface("127.0.0.1/8")
    monkeypatch.setattr(discover, "networks", lambda address: (gone, here))

    done = _discover()

    assert done.exit_code == 0
    assert "nothing can be sent from 203.0.113.77" in done.stderr


def test_a_device_that_answers_twice_is_proposed_once() -> None:
    first = Found("camera", "onvif-camera", "192.0.2.9", None, "Hall", "", "answers as ONVIF")
    door = Found("camera", "rtsp-camera", "192.0.2.9", None, "", "", "answers as RTSP")
    other = Found("panel", "samsung-mdc", "192.0.2.9", None, "", "", "open")

    once, panel = merged((first, first, door, other))

    assert (once.profile, once.name) == ("onvif-camera", "Hall")
    assert once.why == "answers as ONVIF; answers as RTSP (rtsp-camera)"
    assert panel == other
