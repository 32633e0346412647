"""The steps, one after the other, without workflows: what comes out is what was recorded."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from fleet.publishing import service
from fleet.publishing.timeline import lay, seconds
from fleet.publishing.views import LessonMedia
from tests.fleet.publishing import watch
from tests.fleet.publishing.conftest import House

LESSON = ("lesson-1", 1)
FRAME = 1 / 15
APART = 0.040


@pytest.fixture
def made(finished: House) -> LessonMedia:
    with finished.database.read() as session:
        media = service.lesson_media(session, "lesson-1")
    assert media is not None
    return media


def expected(house: House, track: str, tolerance: float) -> list[float]:
    """When flashes or beeps of a track must be in the lesson, from the segments' own places."""
    takes = house.recorded.takes
    found: list[float] = []
    at = 0.0
    for take in takes:
        pieces = [piece for t in take.tracks for piece in t.pieces]
        first = min(piece.start for piece in pieces) / 1e6
        last = max(piece.start + piece.duration for piece in pieces) / 1e6
        for run in {p.run for t in take.tracks if t.name == track for p in t.pieces}:
            own = [p for t in take.tracks if t.name == track for p in t.pieces if p.run == run]
            start = min(p.start for p in own) / 1e6
            end = max(p.start + p.duration for p in own) / 1e6
            found += [at + t - first for t in range(0, 60, 2) if start + tolerance < t < end - 0.1]
        at += last - first
    return sorted(found)


def near(seen: Sequence[float], wanted: Sequence[float], within: float) -> list[float]:
    """Those wanted that nothing seen is near to."""
    return [t for t in wanted if not any(abs(t - s) <= within for s in seen)]


def test_every_segment_lies_where_it_was_recorded(finished: House, made: LessonMedia) -> None:
    path = str(finished.files.path("lessons/lesson-1/1/presenter.mp4"))
    times = watch.packets(path, "v:0")
    lane = next(la for la in lay(finished.recorded.takes).lanes if la.track == "presenter")
    starts = [seconds(piece.at) for piece in lane.pieces[1:]]
    off = [min(abs(t - start) for t in times) for start in starts]
    assert max(off) < 0.010, f"segments are off by {off}"
    assert times[0] == 0.0
    assert all(b > a for a, b in pairwise(times))


@pytest.mark.parametrize("name", ["presenter.mp4", "presentation.mp4", "presenter.m3u8"])
def test_flashes_are_when_they_were(finished: House, made: LessonMedia, name: str) -> None:
    base = finished.files.path("lessons/lesson-1/1")
    track = name.partition(".")[0]
    seen = watch.flashes(str(base / name))
    wanted = expected(finished, track, 0.1)
    # A frame may begin up to one frame after the flash; the flash's own place is exact.
    assert wanted
    assert near(seen, wanted, APART + FRAME) == []


def test_beeps_are_when_they_were(finished: House, made: LessonMedia) -> None:
    base = finished.files.path("lessons/lesson-1/1")
    wanted = expected(finished, "audio", 0.25)
    for name in ("presenter.mp4", "audio.m4a", "presenter.m3u8"):
        seen = watch.beeps(str(base / name))
        assert wanted
        assert near(seen, wanted, APART) == [], name


def test_all_decodes_from_first_to_last(finished: House, made: LessonMedia) -> None:
    base = finished.files.path("lessons/lesson-1/1")
    for name in ("presenter.mp4", "presentation.mp4", "audio.m4a", "presenter.m3u8"):
        assert watch.errors(str(base / name)) == "", name
    assert abs(watch.duration(str(base / "presenter.mp4")) - made.duration) < 0.2
    assert watch.kinds(str(base / "presenter.mp4")) == ["video", "audio"]
    assert watch.kinds(str(base / "presentation.mp4")) == ["video"]


def test_what_is_missing_is_marked(made: LessonMedia) -> None:
    marks = [(m.track, round(m.at, 1), round(m.lasted, 1), m.why) for m in made.marks]
    assert (None, 18.3, 41.9, "interrupted") in marks
    assert ("presenter", 8.3, 4.0, "") in marks
    assert made.poster is not None
    assert [(s.track, s.sound) for s in made.streams] == [
        ("presenter", True),
        ("presentation", False),
    ]


def test_low_copies_are_small_and_offered(house: House) -> None:
    house.request()
    plan = house.maker.gather(*LESSON)
    for step in (house.maker.join, house.maker.package, house.maker.poster, house.maker.publish):
        step(*LESSON, plan)
    house.maker.renditions(*LESSON)
    house.maker.offer(*LESSON)
    house.maker.offer(*LESSON)
    with house.database.read() as session:
        media = service.lesson_media(session, "lesson-1")
    assert media is not None
    rates = {f.name: f.bitrate for f in media.files if f.variant == "low" and f.bitrate}
    assert sum(rates[name] for name in ("presenter.low.mp4", "presentation.low.mp4")) < 230_000
    base = house.files.path("lessons/lesson-1/1")
    master = (base / "presenter.both.m3u8").read_text()
    assert master.index("presenter.low.m3u8") < master.index("presenter.source.m3u8")
    for name in ("presenter.low.mp4", "presentation.low.mp4", "audio.low.m4a"):
        assert watch.errors(str(base / name)) == ""
    seen = watch.flashes(str(base / "presenter.low.mp4"))
    assert near(seen, expected(house, "presenter", 0.1), 0.2) == []
