"""What it costs to keep asking twelve devices how they are, for an hour of the room's time.

The devices are simulators that speak the real wire, in a process of their own: only the agent's
side is counted. That is `edge_agent.hardware` as the agent composes it, without the touch page:
drivers, device loops, desk, alarms, scenes and readings, on a journal of their own. What is due is
put into the outbox as often as the agent reports.

An hour is not waited for. The profiles' polls, pauses and idle times, and the time between two
reports, are all divided by one number, so that in that part of an hour devices are asked, and
connected to, as often as in all of it. What falls short of it, as answers take their time too, is
added in proportion. Not hastened is the clock: the scenes' look at the time once a second is
counted a thirtieth of what it costs. `quick` is a shorter stretch, extrapolated.

Imports, first connections and first answers are not counted: a room has them once.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.result import Result
from contract.messages import Report
from edge_agent import pc
from edge_agent.hardware import Hardware, Surroundings
from edge_agent.link.clock import FleetClock
from edge_agent.loops.bus import Bus
from edge_agent.loops.supervise import supervise
from edge_agent.loops.unwatched import Unwatched
from edge_agent.room.events import DeviceSeen, Measured
from edge_agent.room.model import Device
from edge_agent.settings import DeviceSettings, RoomSettings
from edge_agent.storage.sqlite_journal import Journal, open_journal
from simulator.classroom import PASSWORD

GOAL_PERCENT: Final = 2.0
HOUR: Final = 3600.0
FASTER: Final = 30.0
QUICK_SECONDS: Final = 12.0
WARM_UP_SECONDS: Final = 4.0
CONNECT_SECONDS: Final = 60.0
LEAST_SHARE: Final = 0.7
"""Of the exchanges that the time measured should have had; with fewer, the machine was too busy."""


@dataclass(frozen=True, slots=True)
class Polled:
    """CPU seconds an hour of the room's time costs, and how many exchanges that is.

    `tried` exchanges were really made.
    """

    cpu: float
    exchanges: float
    tried: int


def run(quick: bool) -> list[Result]:
    """Share of a core that polling takes."""
    polled = measure(QUICK_SECONDS if quick else HOUR / FASTER)
    how = "extrapolated" if quick else "hastened"
    against = (
        f"a limit; 12 devices, {polled.exchanges:.0f} exchanges an hour, {how} from {polled.tried}"
    )
    share = 100 * polled.cpu / HOUR
    return [Result("polling", share, "% of a core", GOAL_PERCENT, "lower", against)]


def measure(seconds: float) -> Polled:
    """Poll the room for `seconds`, each of which is `FASTER` of the room's.

    Raises:
        RuntimeError: a device does not answer, or too few answers came.
    """
    with polled_room() as room, tempfile.TemporaryDirectory(prefix="lectern-bench-") as directory:
        return asyncio.run(_measure(Path(directory), room, seconds))


@contextmanager
def polled_room() -> Iterator[tuple[Device, ...]]:
    """The devices of `benchmarks.polled_room`, which runs until the block ends."""
    command = [sys.executable, "-m", "benchmarks.polled_room"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        told = json.loads(child.stdout.readline() or "[]")
        try:
            yield tuple(_device(n, profile, port) for n, (profile, port) in enumerate(told))
        finally:
            child.stdin.close()


def _device(number: int, profile: str, port: int) -> Device:
    plain = DeviceSettings(name=f"device-{number}", profile=profile, host="127.0.0.1", port=port)
    user = "lectern" if profile == "ups-nut" else "admin"
    return replace(plain.device(), secret=(user, PASSWORD))


def _hastened(device: Device) -> Device:
    readings = {
        point: msgspec.structs.replace(
            reading, poll=reading.poll / FASTER, stale_after=reading.stale_after / FASTER
        )
        for point, reading in device.profile.readings.items()
    }
    transport = msgspec.structs.replace(
        device.transport,
        min_interval=device.transport.min_interval / FASTER,
        idle_timeout=device.transport.idle_timeout / FASTER,
    )
    profile = msgspec.structs.replace(device.profile, readings=readings)
    return replace(device, profile=profile, transport=transport)


class Tally:
    """Counts answers; knows which readings a device really gives."""

    def __init__(self, bus: Bus) -> None:
        self.answers = 0
        self.points: set[tuple[str, str]] = set()
        self.lost: list[str] = []
        bus.on(Measured, self._measured)
        bus.on(DeviceSeen, self._seen)

    def _measured(self, event: Measured) -> None:
        if event.value is not None:
            self.answers += 1
            self.points.add((event.subject, event.point))

    def _seen(self, event: DeviceSeen) -> None:
        if not event.online:
            self.lost.append(f"{event.device}: {event.why}")

    def silent(self, devices: Sequence[Device]) -> list[str]:
        """Devices of which no answer came yet."""
        spoke = {subject for subject, _ in self.points}
        return [device.name for device in devices if device.name not in spoke]

    def an_hour(self, devices: Sequence[Device]) -> float:
        """Exchanges of an hour, by the polls of the profiles."""
        polls = {
            (device.name, point): reading.poll
            for device in devices
            for point, reading in device.profile.readings.items()
        }
        return sum(HOUR / polls[each] for each in self.points if polls[each])


async def _measure(directory: Path, room: tuple[Device, ...], seconds: float) -> Polled:
    bus, clock = Bus(), FleetClock()
    journal = await open_journal(directory, agent="a", now=clock.now)
    here = Surroundings(journal.memory, journal.outbox, journal.deliveries, clock, bus)
    settings = RoomSettings.model_validate({"panel": {"enabled": False}})
    devices = tuple(map(_hastened, room))
    hardware = Hardware(settings, devices, {}, (), (), Unwatched(clock), here)
    tally = Tally(bus)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(supervise(*named)) for named in hardware.loops.items()]
        every = settings.agent.health_seconds / FASTER
        running.append(group.create_task(_report(hardware, journal, clock, every)))
        try:
            await _warm(tally, room)
            before, answers = _cpu(), tally.answers
            await asyncio.sleep(seconds)
            cpu, tried = _cpu() - before, tally.answers - answers
        finally:
            for task in running:
                task.cancel()
    await journal.close()
    exchanges = tally.an_hour(room)
    if tally.lost or tried < LEAST_SHARE * exchanges * seconds * FASTER / HOUR:
        raise RuntimeError(f"only {tried} answers; lost were {', '.join(tally.lost) or 'none'}")
    return Polled(cpu * exchanges / tried, exchanges, tried)


async def _report(hardware: Hardware, journal: Journal, clock: FleetClock, every: float) -> None:
    """Take what is due, as the agent's report does."""
    while True:
        await clock.sleep(every)
        readings = hardware.readings()
        report = Report(at=clock.now(), uptime=pc.since_boot(), clock_offset=0.0, readings=readings)
        await journal.outbox.append(report)


async def _warm(tally: Tally, room: Sequence[Device]) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            while tally.silent(room):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        silent = ", ".join(tally.silent(room))
        raise RuntimeError(f"nothing comes from {silent}: {', '.join(tally.lost)}") from None
    await asyncio.sleep(WARM_UP_SECONDS)


def _cpu() -> float:
    """CPU seconds of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
