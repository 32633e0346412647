"""A PulseAudio microphone is really closed; other sources are told nothing."""

import asyncio
import os
import subprocess
from collections.abc import Sequence

import pytest

from edge_agent import profiles
from edge_agent.drivers import registry, source
from edge_agent.errors import Garbled, Unreachable, Unsupported
from edge_agent.ports.driver import Driver
from edge_agent.settings import RoomSettings
from tests.devices.pulse import Pulse
from tests.edge_agent.drivers.simulated import connected, device

PROFILES = ("pulse-microphone", "usb-microphone", "screen")


@pytest.mark.parametrize("name", PROFILES)
def test_the_shipped_profiles_hold(name: str) -> None:
    assert list(source.problems(profiles.load(name))) == []


def _muted(pulse: Pulse) -> bool:
    told = subprocess.run(
        ["pactl", "list", "sources"],
        env={**os.environ, **pulse.env, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout
    block = told.partition(f"Name: {pulse.microphone}\n")[2].partition("Source #")[0]
    return "Mute: yes" in block


def test_a_microphone_is_closed_and_opened_in_pulseaudio(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in pulse.env.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    there = device(
        "pulse-microphone",
        overrides={"codec": {"parameters": {"source": pulse.microphone}}},
        reply_timeout=5.0,
    )

    async def scene() -> None:
        async with connected(there) as driver:
            assert await driver.query("microphone") is True
            await driver.send("microphone", {"on": False})
            assert _muted(pulse)
            assert await driver.query("microphone") is False
            await driver.send("microphone", {"on": True})
            assert not _muted(pulse)
            assert await driver.query("microphone") is True
        async with connected(device("pulse-microphone", reply_timeout=5.0)) as default:
            assert await default.query("microphone") is True
        other = {"codec": {"parameters": {"source": "no.such.source"}}}
        async with connected(
            device("pulse-microphone", overrides=other, reply_timeout=5.0)
        ) as missing:
            with pytest.raises(Unsupported, match=r"no\.such\.source"):
                await missing.send("microphone", {"on": False})

    asyncio.run(scene())


def test_the_microphone_that_is_closed_is_the_one_that_is_recorded() -> None:
    asked: list[tuple[str, ...]] = []

    async def run(argv: Sequence[str], _seconds: float) -> str:
        asked.append(tuple(argv))
        return ""

    microphone = {"kind": "microphone", "driver": "pulse"}
    room = RoomSettings.model_validate(
        {
            "source": [
                {"name": "ceiling", "track": "audio", "address": "alsa_input.usb-7", **microphone},
                {"name": "table", "track": "audio-2", "address": "default", **microphone},
            ],
            "device": [
                {"name": "one", "profile": "pulse-microphone", "source": "ceiling"},
                {"name": "two", "profile": "pulse-microphone", "source": "table"},
                {"name": "three", "profile": "pulse-microphone"},
            ],
        }
    )

    for each in room.devices:
        asyncio.run(source.RecordedSource(each, run).send("microphone", {"on": False}))

    assert [argv[2] for argv in asked] == [
        "alsa_input.usb-7", "@DEFAULT_SOURCE@", "@DEFAULT_SOURCE@",
    ]  # fmt: skip
    assert {argv[3] for argv in asked} == {"1"}


def test_without_pulseaudio_it_is_unreachable(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in pulse.env.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("PULSE_SERVER", f"unix:{pulse.directory}/gone")

    with pytest.raises(Unreachable):
        asyncio.run(
            registry.driver(device("pulse-microphone", reply_timeout=5.0)).query("microphone")
        )


def test_a_pc_without_pactl_or_with_a_strange_one() -> None:
    async def missing(*_: object) -> str:
        raise Unsupported("pactl is not installed")

    async def strange(*_: object) -> str:
        return "Mute: perhaps\n"

    with pytest.raises(Unsupported, match="not installed"):
        asyncio.run(source.RecordedSource(device("pulse-microphone"), missing).query("microphone"))
    with pytest.raises(Garbled):
        asyncio.run(source.RecordedSource(device("pulse-microphone"), strange).query("microphone"))


@pytest.mark.parametrize("name", ["usb-microphone", "screen"])
def test_another_source_takes_no_command(name: str) -> None:
    async def scene(driver: Driver) -> None:
        await driver.connect()
        with pytest.raises(Unsupported):
            await driver.send("microphone", {"on": False})
        with pytest.raises(Unsupported):
            await driver.query("microphone")
        await driver.close()

    asyncio.run(scene(registry.driver(device(name))))


def test_what_is_wrong_in_a_profile_is_said() -> None:
    wrong = {
        "commands": {"microphone": {"send": "mute"}},
        "readings": {"microphone": {"type": "number"}},
        "golden": [{"command": "microphone", "sent": "00", "source": "nowhere"}],
    }

    told = list(source.problems(profiles.load("pulse-microphone", overrides=wrong)))

    assert [line.partition(": ")[0] for line in told] == [
        "commands.microphone", "readings.microphone", "golden[0]",
    ]  # fmt: skip
