"""The sliding window, on a real outbox and a connection that only takes notes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import codec
from contract import messages as m
from edge_agent.errors import Refused, Unreachable
from edge_agent.loops.pump import Pump
from edge_agent.ports.clock import Clock
from edge_agent.storage.sqlite_journal import Journal, open_journal
from tests.fakes.clock import FakeClock

AT = datetime(2026, 9, 1, tzinfo=UTC)


class Notes:
    """A connection that remembers what was published."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.refuse = False

    async def publish(self, channel: str, body: bytes) -> None:
        received = codec.decode_up(body)
        assert channel in ("event", "telemetry", "reply")
        self.seqs.append(received.seq)
        if self.refuse:
            raise Refused("not allowed")


class RealClock(FakeClock):
    """Monotonic time is the event loop's; `heard` takes notes."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


Scenario = Callable[[Journal, Notes, Pump, Clock], Awaitable[None]]


def play(data: Path, scenario: Scenario, *, window: int = 10, resend: float = 60.0) -> None:
    async def scene() -> None:
        journal = await open_journal(data, agent="room-1", now=lambda: AT)
        clock, notes = RealClock(), Notes()
        for number in range(4):
            await journal.outbox.append(m.Report(at=AT, uptime=number))
        await journal.outbox.append(m.ClockStepped(by_seconds=5), m.Reply(order="o", phase="done"))
        pump = Pump(journal.outbox, notes, clock, last=6, window=window, resend_seconds=resend)
        journal.outbox.listen(pump.wake)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(pump.run())
            await scenario(journal, notes, pump, clock)
            running.cancel()
        await journal.close()

    asyncio.run(asyncio.wait_for(scene(), 20))


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not what():  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.01)


def ack(journal: Journal, *pairs: tuple[int, int]) -> m.Ack:
    return m.Ack(epoch=journal.outbox.epoch, seqs=pairs, fleet_time=AT)


def test_nothing_goes_before_the_fleet_listens_then_answers_events_live_and_backlog(
    tmp_path: Path,
) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        await journal.outbox.append(m.Report(at=AT, uptime=7))
        await asyncio.sleep(0.1)
        assert notes.seqs == []
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 7)
        assert notes.seqs == [6, 5, 7, 1, 2, 3, 4]
        await journal.outbox.append(m.ClockStepped(by_seconds=1))
        await until(lambda: notes.seqs[-1] == 8)

    play(tmp_path, scenario)


def test_no_more_than_the_window_is_under_way(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 2)
        await asyncio.sleep(0.1)
        assert notes.seqs == [6, 5]
        await pump.heard(ack(journal, (5, 6)))
        await until(lambda: notes.seqs == [6, 5, 1, 2])
        assert await journal.outbox.waiting() == 4

    play(tmp_path, scenario, window=2)


def test_telemetry_that_is_not_taken_keeps_no_event_waiting(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 2)
        await pump.heard(ack(journal, (5, 6)))
        await until(lambda: notes.seqs == [6, 5, 1, 2])
        for number in range(7, 13):
            await journal.outbox.append(m.ClockStepped(by_seconds=number))
            await until(lambda number=number: notes.seqs[-1] == number)
            await pump.heard(ack(journal, (number, number)))
        assert await journal.outbox.waiting() == 4

    play(tmp_path, scenario, window=2)


def test_telemetry_that_is_not_taken_is_offered_more_and_more_seldom(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: notes.seqs.count(5) >= 12)
        assert 2 <= notes.seqs.count(1) <= 6
        await pump.heard(ack(journal, (1, 6)))
        assert await journal.outbox.waiting() == 0

    play(tmp_path, scenario, resend=0.1)


def test_what_no_ack_names_is_sent_again_and_only_that(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 6)
        await pump.heard(ack(journal, (1, 4)))
        await until(lambda: notes.seqs.count(5) == 3)
        assert notes.seqs.count(6) >= 2
        assert [notes.seqs.count(n) for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
        await pump.heard(ack(journal, (5, 6)))
        sent = len(notes.seqs)
        await asyncio.sleep(0.5)
        assert len(notes.seqs) == sent
        assert await journal.outbox.waiting() == 0

    play(tmp_path, scenario, resend=0.1)


def test_while_the_fleet_is_away_nothing_goes_and_then_everything_again(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 6)
        pump.fleet_is(online=False)
        await pump.heard(ack(journal, (1, 5)))
        await asyncio.sleep(0.4)
        assert len(notes.seqs) == 6
        pump.fleet_is(online=True)
        await until(lambda: notes.seqs[6:] == [6])

    play(tmp_path, scenario, resend=0.1)


def test_only_acks_of_messages_sent_once_tell_how_long_the_way_is(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: RealClock) -> None:
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 6)
        await pump.heard(ack(journal, (5, 6)))
        await until(lambda: notes.seqs.count(1) == 2)
        await pump.heard(ack(journal, (1, 1)))
        (_, first), (_, second) = clock.heard_times
        assert first is not None
        assert second is None

    play(tmp_path, scenario, resend=0.1)


def test_an_ack_for_another_outbox_is_ignored(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: RealClock) -> None:
        await pump.heard(m.Ack(epoch="another", seqs=((1, 6),), fleet_time=AT))
        assert await journal.outbox.waiting() == 6
        assert clock.heard_times == []

    play(tmp_path, scenario)


def test_a_message_the_broker_refuses_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def scenario(journal: Journal, notes: Notes, pump: Pump, clock: Clock) -> None:
        notes.refuse = True
        pump.fleet_is(online=True)
        await until(lambda: len(notes.seqs) == 6)

    play(tmp_path, scenario)


def test_a_broken_connection_ends_the_pump(tmp_path: Path) -> None:
    class Broken(Notes):
        async def publish(self, channel: str, body: bytes) -> None:
            raise Unreachable("gone")

    async def scene() -> None:
        journal = await open_journal(tmp_path, agent="room-1", now=lambda: AT)
        await journal.outbox.append(m.ClockStepped(by_seconds=5))
        pump = Pump(journal.outbox, Broken(), RealClock(), last=1, window=5, resend_seconds=1)
        pump.fleet_is(online=True)
        with pytest.raises(ExceptionGroup) as caught:
            await pump.run()
        assert caught.group_contains(Unreachable)
        await journal.close()

    asyncio.run(scene())
