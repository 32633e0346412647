"""The whole way, by durable workflows."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.errors import Conflict
from fleet.publishing import repository, service
from fleet.publishing.events import LessonPublished, PublishingFailed
from fleet.publishing.timeline import Take
from fleet.publishing.views import PublicationStatus
from tests.fleet.publishing.conftest import House

LESSON = "lesson-1"


def status(house: House, lesson: str = LESSON) -> PublicationStatus:
    with house.database.read() as session:
        found = service.status(session, lesson)
    assert found is not None
    return found


def until(
    house: House, condition: Callable[[PublicationStatus], bool], seconds: float = 90.0
) -> PublicationStatus:
    end = time.monotonic() + seconds
    while not condition(found := status(house)):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.05)
    return found


@pytest.fixture
def working(house: House) -> Iterator[House]:
    house.jobs.launch()
    yield house
    began = time.monotonic()
    house.jobs.shutdown()
    assert time.monotonic() - began < 5.0, "shutting down takes too long"


def test_a_lesson_is_published_and_then_made_small(working: House) -> None:
    events: list[object] = []
    bus = working.database.bus
    bus.on(LessonPublished, lambda _session, event: events.append(event))
    assert working.request()
    working.jobs.wake()
    until(working, lambda s: s.state == "published")
    done = until(working, lambda s: s.low == "made")
    assert done.playable_after is not None
    assert [type(event) for event in events] == [LessonPublished]
    assert not working.request(), "the same takes again are nothing new"
    with working.database.read() as session:
        media = service.lesson_media(session, LESSON)
    assert media is not None
    assert media.streams[0].low_mp4 == "/media/lesson-1/1/presenter.low.mp4"
    assert list(working.files.root.parent.joinpath("work").iterdir()) == []


def test_a_late_take_makes_a_new_revision(working: House) -> None:
    takes = working.recorded.takes
    working.recorded.takes = takes[:1]
    working.request()
    first = until(working, lambda s: s.state == "published" and s.low == "made")
    working.recorded.takes = takes
    working.request()
    second = until(working, lambda s: s.revision == 2 and s.state == "published")
    assert (first.revision, second.revision) == (1, 2)
    with working.database.read() as session:
        media = service.lesson_media(session, LESSON)
    assert media is not None
    assert media.revision == 2
    assert media.duration > 20
    with working.database.read() as session:
        replaced = repository.one(session, LESSON, 1)
    assert replaced is not None
    assert replaced.state == "superseded"
    assert working.files.exists(f"lessons/{LESSON}/1/presenter.mp4"), "somebody may be watching"
    working.maker.discard(replaced.id)
    assert not list((working.files.root / "lessons" / LESSON / "1").iterdir())
    assert working.files.exists(f"lessons/{LESSON}/2/presenter.mp4")


def test_what_was_withdrawn_stays_so_when_more_arrives(working: House) -> None:
    takes = working.recorded.takes
    working.recorded.takes = takes[:1]
    working.request()
    until(working, lambda s: s.state == "published" and s.low == "made")
    with working.database.write() as session:
        service.withdraw(session, LESSON, datetime.now(UTC))
    working.recorded.takes = takes
    working.request()
    until(working, lambda s: s.revision == 2 and s.state == "held")


def test_a_course_may_hold_its_lessons(working: House) -> None:
    working.recorded.policy = "hold"
    working.request()
    until(working, lambda s: s.state == "held")
    with working.database.read() as session:
        assert service.lesson_media(session, LESSON) is None
        assert service.lesson_media(session, LESSON, unpublished=True) is not None
    with working.database.write() as session:
        service.release(session, LESSON, datetime.now(UTC))
    with working.database.read() as session:
        assert service.lesson_media(session, LESSON) is not None
    with working.database.write() as session, pytest.raises(Conflict):
        service.release(session, LESSON, datetime.now(UTC))


def test_a_broken_segment_is_said_and_can_be_tried_again(working: House, tmp_path: Path) -> None:
    failed: list[object] = []
    working.database.bus.on(PublishingFailed, lambda _session, event: failed.append(event))
    link = working.files.root / "two"
    target = link.readlink()
    link.unlink()
    working.request()
    found = until(working, lambda s: s.state == "failed")
    assert found.reason in {"media", "storage"}
    assert found.attempts == 2
    assert found.error is not None
    assert "press Process again" in found.error
    assert len(failed) == 1
    link.symlink_to(target)
    with working.database.write() as session:
        service.retry(session, LESSON, datetime.now(UTC))
    until(working, lambda s: s.state == "published")


def test_nothing_recorded_is_said_at_once(working: House) -> None:
    working.recorded.takes = [Take("none", datetime.now(UTC), ())]
    working.request()
    assert until(working, lambda s: s.state == "failed").reason == "no_media"


def test_a_full_store_is_waited_for(working: House) -> None:
    working.files.space = 1000
    working.request()
    found = until(working, lambda s: s.reason == "no_space")
    assert found.state == "processing"
    assert found.error is not None
    assert "MiB" in found.error
    working.files.space = 1 << 40
    assert until(working, lambda s: s.state == "published").error is None


def test_shutting_down_in_mid_work_leaves_it_for_the_next_start(house: House) -> None:
    house.jobs.launch()
    house.request()
    house.jobs.wake()
    until(house, lambda s: s.step == "join", 10)
    began = time.monotonic()
    house.jobs.shutdown()
    assert time.monotonic() - began < 3.0
    left = status(house)
    assert left.state == "processing"
    assert left.error is None
