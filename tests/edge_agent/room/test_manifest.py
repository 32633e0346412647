from contract.messages import Gap, Segment
from edge_agent.room import manifest
from edge_agent.room.model import Source

CAMERA = Source("cam", "camera", "presenter", "test", "")
MICROPHONE = Source("mic", "microphone", "audio", "test", "")


def segment(index: int, start: float, duration: float, run: int = 0, track: str = "presenter"):
    return Segment(
        track=track, index=index, run=run, start=start, duration=duration, bytes=1, sha256="0" * 64
    )


def gaps(segments: list[Segment], duration: float, losses: list[tuple[float, str]] = ()):
    (track,) = manifest.tracks([CAMERA], segments, duration, {"presenter": losses})
    return track.gaps


def test_an_unbroken_track_has_no_gap() -> None:
    assert gaps([segment(1, 60.02, 60.0), segment(0, 0.4, 59.6)], 120.5) == ()


def test_a_lost_source_leaves_a_gap_with_its_reason() -> None:
    parts = [segment(0, 0.2, 30.0), segment(1, 42.2, 10.0, run=1)]

    assert gaps(parts, 52.5, [(33.1, "no data for 3 s")]) == (
        Gap(start=30.2, duration=12.0, why="no data for 3 s"),
    )


def test_a_late_beginning_and_an_early_end_are_gaps() -> None:
    found = gaps([segment(0, 5.0, 10.0)], 20.0, [(0.0, "no such device")])

    assert found == (
        Gap(start=0.0, duration=5.0, why="no such device"),
        Gap(start=15.0, duration=5.0, why="nothing was recorded"),
    )


def test_a_source_that_gave_nothing_is_one_gap() -> None:
    assert gaps([], 20.0) == (Gap(start=0.0, duration=20.0, why="nothing was recorded"),)


def test_each_source_has_a_track_and_so_has_what_was_recorded_before_the_configuration_changed():
    tracks = manifest.tracks([CAMERA, MICROPHONE], [segment(0, 0.0, 5.0, track="audio-2")], 5.0, {})

    assert [(t.name, t.kind) for t in tracks] == [
        ("presenter", "video"),
        ("audio", "audio"),
        ("audio-2", "audio"),
    ]
