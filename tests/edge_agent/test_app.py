"""A whole agent with a fake recorder, on a real broker over TLS."""

import asyncio
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from contract import messages as m
from edge_agent import app
from edge_agent.errors import NotEnrolled
from edge_agent.settings import RoomSettings
from tests.edge_agent.conftest import AGENT
from tests.edge_agent.whole import Room, until, with_room

__all__ = ["with_room"]


def test_a_timetabled_lesson_is_recorded_uploaded_and_told(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            await room.plan(1, room.meeting("optics-1", 0.5, 2.5))
            started = await room.fleet.one(m.TakeStarted)
            ended = await room.fleet.one(m.TakeEnded)
            await room.fleet.until(lambda: room.fleet.all(m.Report))
            await until(lambda: room.whole(ended))

        assert started.lesson == ended.lesson == "optics-1"
        assert ended.reason == "bell"
        assert [t.name for t in ended.tracks] == ["presenter", "audio"]
        assert all(len(track.segments) >= 2 for track in ended.tracks)
        assert len(room.fleet.all(m.SegmentClosed)) == sum(len(t.segments) for t in ended.tracks)
        assert ended.duration == pytest.approx(2.5, abs=0.5)
        first = [type(r.payload) for r in room.fleet.received[:3]]
        assert first == [m.Description, m.Presence, m.Reported]
        full, patch = room.fleet.all(m.Reported)
        assert full.full == {"timetable": [], "courses": [], "upload": {}}
        assert patch.applied_desired == 1
        assert patch.outcomes["timetable"].result == "applied"
        assert room.fleet.presence == ["ready", "disconnected"]

    with_room(scenario)


def test_a_restarted_agent_goes_on_with_the_lesson_and_needs_no_fleet_for_it(
    with_room: Callable,
) -> None:
    async def scenario(room: Room) -> None:
        async with room.running():
            await room.plan(1, room.meeting("optics-1", 0, 60))
            await room.fleet.one(m.TakeStarted)
        interrupted = await room.fleet.one(m.TakeEnded)
        await room.fleet.say("offline")
        seen = len(room.fleet.received)
        async with room.running():
            await until(lambda: len(room.recorder.orders) == 2)
            unsaid = [r for r in room.fleet.received[seen:] if r.seq]
            await room.fleet.say("online")
            await room.fleet.until(lambda: len(room.fleet.all(m.TakeStarted)) == 2)

        assert interrupted.reason == "interrupted"
        assert unsaid == []
        assert {t.lesson for t in room.fleet.all(m.TakeStarted)} == {"optics-1"}
        assert len({t.take for t in room.fleet.all(m.TakeStarted)}) == 2

    with_room(scenario)


def test_orders_start_stop_and_ping(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        def order(number: int, name: str, seconds: float = 10, **args: object) -> m.Order:
            until = room.fleet.now() + timedelta(seconds=seconds)
            return m.Order(id=f"order-{number}", name=name, not_after=until, args=args)

        async def reply(number: int) -> m.Reply:
            await room.fleet.until(
                lambda: [r for r in room.fleet.all(m.Reply) if r.order == f"order-{number}"]
            )
            return next(r for r in room.fleet.all(m.Reply) if r.order == f"order-{number}")

        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            await room.fleet.order(AGENT, order(1, "ping"))
            assert (await reply(1)).phase == "done"
            await room.fleet.order(AGENT, order(2, "start_take", minutes=5))
            assert (await reply(2)).result["take"] == room.recorder.orders[0].take
            await room.fleet.order(AGENT, order(3, "start_take", minutes=5))
            assert (await reply(3)).why == "busy: a take is running"
            await room.fleet.order(AGENT, order(4, "stop_take"))
            assert (await reply(4)).phase == "done"
            await room.fleet.order(AGENT, order(4, "stop_take"))
            await room.fleet.until(
                lambda: len([r for r in room.fleet.all(m.Reply) if r.order == "order-4"]) == 2
            )
            await room.fleet.order(AGENT, order(5, "start_take", seconds=-5, minutes=5))
            assert (await reply(5)).phase == "expired"
            await room.fleet.order(AGENT, order(6, "dance"))
            assert (await reply(6)).phase == "rejected"
            await room.fleet.order(AGENT, order(7, "start_take", minutes="long"))
            assert "minutes" in (await reply(7)).why

        assert len(room.recorder.orders) == 1
        assert room.fleet.all(m.TakeEnded)[0].reason == "stopped"

    with_room(scenario)


def test_garbage_oversized_and_duplicate_messages_harm_nothing(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            for body in (b"\xff\x00garbage", b"{}", b"[" * 5_000, b'"' + b"x" * 300_000 + b'"'):
                for channel in ("order", "desired", "ack"):
                    await room.fleet.raw(AGENT, channel, body)
            meeting = room.meeting("optics-1", 0, 60)
            await room.plan(4, meeting)
            await room.plan(4, meeting)
            await room.plan(3)
            await room.fleet.one(m.TakeStarted)
            await room.fleet.until(
                lambda: any(
                    x.point == "malformed" and x.value >= 12
                    for report in room.fleet.all(m.Report)
                    for x in report.readings
                )
            )

        assert room.fleet.presence == ["ready", "disconnected"]
        assert [r.applied_desired for r in room.fleet.all(m.Reported)] == [0, 4]

    with_room(scenario)


def test_a_full_disk_starts_no_take_and_says_so(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        async with room.running():
            await room.plan(1, room.meeting("optics-1", 0, 60))
            missed = await room.fleet.one(m.LessonMissed)
            disk = await room.fleet.one(m.DiskState)

        assert (missed.lesson, missed.why) == ("optics-1", "the recording disk is full")
        assert disk.state == "full"
        assert room.recorder.orders == []

    with_room(scenario, recording={"low_disk_bytes": 1 << 60, "full_disk_bytes": 1 << 60})


def test_a_source_that_is_lost_and_comes_back_is_told_and_leaves_a_gap(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        async with room.running():
            await room.plan(1, room.meeting("optics-1", 0, 60))
            await room.fleet.one(m.TakeStarted)
            room.recorder.lose("presenter")
            await room.fleet.one(m.SourceLost)
            await asyncio.sleep(0.5)
            room.recorder.bring_back("presenter")
            await room.fleet.one(m.SourceBack)
            await room.plan(2)
            ended = await room.fleet.one(m.TakeEnded)

        presenter, audio = ended.tracks
        assert [gap.why for gap in presenter.gaps] == ["the camera was unplugged"]
        assert audio.gaps == ()
        assert {segment.run for segment in presenter.segments} == {0, 1}

    with_room(scenario)


def test_the_room_learns_the_fleets_time(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        room.fleet.ahead = timedelta(hours=30)
        async with room.running():
            await room.fleet.until(
                lambda: any(r.clock_offset is not None for r in room.fleet.all(m.Report))
            )
            await room.plan(1, room.meeting("optics-1", 0, 60))
            started = await room.fleet.one(m.TakeStarted)

        assert abs(started.started_at - room.fleet.now()) < timedelta(seconds=10)

    with_room(scenario)


def test_without_an_identity_it_says_what_to_do(
    tmp_path: Path, room_settings: Callable[..., RoomSettings]
) -> None:
    with pytest.raises(NotEnrolled, match="edge-agent enrol"):
        asyncio.run(app.run(room_settings(tmp_path / "new")))


def test_who_looks_from_the_fleet_is_answered_and_the_touch_page_says_so(
    with_room: Callable,
) -> None:
    async def scenario(room: Room) -> None:
        page = f"http://127.0.0.1:{room.settings.panel.port}/"

        async def shown() -> str:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(page)).text

        async with room.running():
            await room.plan(1, room.meeting("optics-1", 0, 60))
            await room.fleet.one(m.TakeStarted)
            await room.fleet.look(AGENT, 2.5, every=1)
            await room.fleet.until(lambda: len(room.fleet.glimpses) == 2)
            assert "looking into this room" in await shown()
            await asyncio.sleep(2.5)
            assert len(room.fleet.glimpses) == 3
            assert "looking into this room" not in await shown()
        assert {glimpse for glimpse, _ in room.fleet.glimpses} == {m.Glimpse(recording=True)}

    with_room(scenario, watching={"enabled": False})


def test_orders_for_files_are_answered_when_the_fleet_has_them(
    with_room: Callable, tmp_path: Path
) -> None:
    logs = tmp_path / "room" / "logs"
    logs.mkdir(parents=True)
    (logs / "agent.log").write_text("the camera rtsp://admin:hunter2@192.0.2.1/ is lost\n")

    async def scenario(room: Room) -> None:
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            late = room.fleet.now() + timedelta(seconds=60)
            for order, name in (("logs", "collect_logs"), ("screenshot", "screenshot")):
                await room.fleet.order(AGENT, m.Order(id=order, name=name, not_after=late))
            await room.fleet.until(lambda: len(room.fleet.all(m.Reply)) == 2, 30)

        replies = {reply.order: reply for reply in room.fleet.all(m.Reply)}
        assert {reply.phase for reply in replies.values()} == {"done"}, replies
        kind, archive = room.tus.order_files["logs"]
        assert kind == replies["logs"].result["file"]["type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            assert b"hunter2" not in opened.read("agent.log")
            described = msgspec.json.decode(opened.read("room.json"), type=m.Description)
        assert [source.track for source in described.sources] == ["presenter", "audio"]
        kind, picture = room.tus.order_files["screenshot"]
        assert (kind, picture[:3]) == ("image/jpeg", b"\xff\xd8\xff")
        assert len(picture) == replies["screenshot"].result["file"]["bytes"]

    with_room(scenario)


def test_an_agent_that_is_to_be_started_again_ends_and_says_so_when_it_is_back(
    with_room: Callable,
) -> None:
    async def scenario(room: Room) -> None:
        late = room.fleet.now() + timedelta(seconds=60)
        order = m.Order(
            id="again", name="restart", not_after=late, args={"what": "agent", "force": True}
        )
        await room.plan(1, room.meeting("optics-1", 0, 60))
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(app.run_once(room.settings, recorder=room.recorder))
            await room.fleet.one(m.TakeStarted)
            await room.fleet.order(AGENT, order)
        assert [reply.phase for reply in room.fleet.all(m.Reply)] == ["progress"]
        assert room.fleet.all(m.TakeEnded)[0].reason == "interrupted"
        async with room.running():
            await room.fleet.until(lambda: len(room.fleet.all(m.Reply)) == 2)
            await room.fleet.until(lambda: len(room.fleet.all(m.TakeStarted)) == 2)
        assert room.fleet.all(m.Reply)[1].phase == "done"
        assert room.fleet.presence == ["ready", "disconnected", "ready", "disconnected"]

    with_room(scenario)


def test_where_nobody_starts_it_again_it_does_so_itself(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        late = room.fleet.now() + timedelta(seconds=60)
        order = m.Order(id="again", name="restart", not_after=late, args={"what": "agent"})
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            await room.fleet.order(AGENT, order)
            await room.fleet.until(lambda: len(room.fleet.all(m.Reply)) == 2, 20)
        assert [reply.phase for reply in room.fleet.all(m.Reply)] == ["progress", "done"]

    with_room(scenario)


def test_what_the_fleet_sets_is_followed_kept_and_reported(with_room: Callable) -> None:
    async def scenario(room: Room) -> None:
        page = f"http://127.0.0.1:{room.settings.panel.port}/"
        state = m.DesiredState(
            timetable=(room.meeting("optics-1", 0, 60),), language="ar", record_timetable=False
        )
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            await room.fleet.want(AGENT, m.Desired(version=1, state=state))
            await room.fleet.until(lambda: len(room.fleet.all(m.Reported)) == 2)
            async with httpx.AsyncClient(trust_env=False) as client:
                assert '<html lang="ar"' in (await client.get(page)).text
        async with room.running():
            await room.fleet.until(lambda: len(room.fleet.all(m.Reported)) == 3)
            await asyncio.sleep(1.0)
        assert room.recorder.orders == []
        again = room.fleet.all(m.Reported)[2]
        assert again.full is not None
        assert (again.full["language"], again.full["record_timetable"]) == ("ar", False)
        assert again.outcomes["language"].result == "applied"

    with_room(scenario)


def test_a_look_between_lessons_shows_what_ffmpeg_sees_and_ends(
    with_room: Callable,
) -> None:
    async def scenario(room: Room) -> None:
        room.recorder = None  # type: ignore[assignment] # ffmpeg, and its watch
        async with room.running():
            await room.fleet.until(lambda: "ready" in room.fleet.presence)
            # A room that does not know the time yet takes each look for one of ten seconds.
            await room.fleet.until(lambda: len(room.fleet.all(m.Report)) >= 2)
            await room.fleet.look(AGENT, 6, every=1)
            await room.fleet.until(
                lambda: any(g.picture and g.level is not None for g, _ in room.fleet.glimpses), 15
            )
            await asyncio.sleep(6.5)
            count = len(room.fleet.glimpses)
            await asyncio.sleep(1.5)
            assert len(room.fleet.glimpses) == count
        shown = [(g, size) for g, size in room.fleet.glimpses if g.picture]
        for glimpse, size in shown:
            assert glimpse.picture is not None
            assert glimpse.picture[:3] == b"\xff\xd8\xff"
            assert size <= 4500
            assert not glimpse.recording

    with_room(scenario)
