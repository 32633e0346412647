"""This PC is measured; its commands are caught, lest a test switches it off."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from edge_agent import pc, profiles
from edge_agent.drivers import programs, registry, this_pc
from edge_agent.errors import Refused, Unreachable, Unsupported
from edge_agent.room.model import Value
from tests.edge_agent.drivers.simulated import device


class Caught:
    """Keeps what would have been started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, ...]] = []

    async def __call__(self, argv: Sequence[str], seconds: float) -> str:
        assert seconds > 0
        self.started.append(tuple(argv))
        return ""


def test_the_shipped_profile_holds() -> None:
    assert list(this_pc.problems(profiles.load("ops-pc"))) == []


def test_it_is_measured_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pc, "temperature", lambda: 51.5)
    there = device("ops-pc", overrides={"codec": {"parameters": {"path": str(Path.cwd())}}})

    async def scene() -> dict[str, Value]:
        driver = registry.driver(there)
        await driver.connect()
        said = {point: await driver.query(point) for point in there.profile.readings}
        await driver.close()
        return said

    said = asyncio.run(scene())

    assert said["temperature"] == 51.5
    assert 0 <= float(said["cpu"]) <= 100
    assert float(said["memory"]) == pytest.approx(psutil.virtual_memory().percent, abs=20)
    assert float(said["disk_free"]) == pytest.approx(psutil.disk_usage(".").free, rel=0.2)


def test_without_a_sensor_its_temperature_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pc, "temperature", lambda: None)

    with pytest.raises(Unsupported, match="no sensor"):
        asyncio.run(registry.driver(device("ops-pc")).query("temperature"))
    with pytest.raises(Unsupported):
        asyncio.run(registry.driver(device("ops-pc")).query("level"))


def test_a_disk_that_is_gone_is_unreachable() -> None:
    there = device("ops-pc", overrides={"codec": {"parameters": {"path": "/nowhere/at/all"}}})

    with pytest.raises(Unreachable):
        asyncio.run(registry.driver(there).query("disk_free"))


@pytest.mark.parametrize(
    ("system", "command", "argv"),
    [
        ("linux", "lock", ("loginctl", "lock-sessions")),
        ("linux", "restart", ("systemctl", "reboot")),
        ("linux", "pc_off", ("systemctl", "poweroff")),
        ("win32", "lock", ("rundll32.exe", "user32.dll,LockWorkStation")),
        ("win32", "restart", ("shutdown.exe", "/r", "/t", "0")),
        ("win32", "pc_off", ("shutdown.exe", "/s", "/t", "0")),
    ],
)
def test_its_commands_are_programs_of_the_system(
    system: str, command: str, argv: tuple[str, ...]
) -> None:
    caught = Caught()

    asyncio.run(this_pc.ThisPc(device("ops-pc"), caught, system).send(command, {}))

    assert caught.started == [argv]


def test_a_system_it_does_not_know_is_told_nothing() -> None:
    caught = Caught()

    with pytest.raises(Unsupported):
        asyncio.run(this_pc.ThisPc(device("ops-pc"), caught, "darwin").send("pc_off", {}))
    with pytest.raises(Unsupported):
        asyncio.run(this_pc.ThisPc(device("ops-pc"), caught, "linux").send("power_on", {}))
    assert caught.started == []


def test_a_program_that_is_missing_fails_or_hangs_is_said() -> None:
    async def scene() -> None:
        assert await programs.run(("printf", "%s", "a b;c"), 5) == "a b;c"
        with pytest.raises(Unsupported, match="not installed"):
            await programs.run(("no-such-program-here",), 5)
        with pytest.raises(Refused, match="ls:"):
            await programs.run(("ls", "/nowhere/at/all"), 5)
        with pytest.raises(Unreachable, match=r"within 0\.1 s"):
            await programs.run(("sleep", "5"), 0.1)

    asyncio.run(scene())


def test_what_is_wrong_in_a_profile_is_said() -> None:
    wrong = {
        "commands": {"lock": {"send": "rm"}},
        "readings": {"cpu": {"query": "cores"}},
        "golden": [{"command": "lock", "sent": "00", "source": "nowhere"}],
    }

    told = list(this_pc.problems(profiles.load("ops-pc", overrides=wrong)))

    assert [line.partition(": ")[0] for line in told] == [
        "commands.lock", "readings.cpu", "golden[0]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("system", "started"),
    [("linux", ("systemctl", "reboot")), ("win32", ("shutdown.exe", "/r", "/t", "0"))],
)
def test_an_order_starts_it_again_as_its_profile_would(
    system: str, started: tuple[str, ...]
) -> None:
    caught = Caught()
    asyncio.run(this_pc.restart(caught, system))
    assert caught.started == [started]


def test_it_is_not_started_again_where_nobody_knows_how() -> None:
    with pytest.raises(Unsupported):
        asyncio.run(this_pc.restart(Caught(), "plan9"))
