"""Where segments lie on the take's clock, whatever delays what arrives."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.packets import Packet
from edge_agent.capture.timeline import Placed, RunTimeline

RATE = 15


def timeline(**changes: float) -> RunTimeline:
    return RunTimeline(**{"first": 0, "delay": 0.0, "drift": 0.08, **changes})


def pictures(begin: int, end: int, *, keys: int = 2 * RATE) -> list[Packet]:
    """Packets `begin` to `end` of a picture of 15 a second with a key packet every two seconds."""
    return [Packet(n / RATE, 1 / RATE, 100, n % keys == 0) for n in range(begin, end)]


def test_the_least_delayed_packet_places_the_run() -> None:
    run = timeline()
    for packet, late in zip(pictures(0, 5), [2.0, 1.5, 0.9, 0.01, 0.3], strict=True):
        run.add(packet, 10 + packet.pts + late)

    assert run.start == pytest.approx(10.01)
    assert run.end == pytest.approx(10.01 + 5 / RATE)


def test_a_known_delay_is_taken_off_but_nothing_begins_before_the_take() -> None:
    run = timeline(delay=0.2)
    run.add(pictures(0, 1)[0], 1.0)
    assert run.start == pytest.approx(0.8)

    early = timeline(delay=0.2)
    early.add(pictures(0, 1)[0], 0.1)
    assert early.start == 0


def test_a_segment_ends_where_the_next_begins() -> None:
    run = timeline(first=4)
    for packet in pictures(0, 61):
        run.add(packet, packet.pts)
    run.listed(2.0)
    run.listed(4.0)

    assert run.closed() == [Placed(4, 0.0, 2.0), Placed(5, 2.0, 2.0)]
    assert run.index == 6
    assert not run.empty


def test_a_listed_segment_waits_for_the_first_packet_of_the_next() -> None:
    run = timeline()
    for packet in pictures(0, 30):
        run.add(packet, packet.pts)
    run.listed(2.0)

    assert run.closed() == []
    run.add(pictures(30, 31)[0], 2.0)
    assert run.closed() == [Placed(0, 0.0, 2.0)]


def test_the_next_segment_may_begin_a_little_before_the_nominal_end() -> None:
    run = timeline()
    for packet in pictures(0, 30):
        run.add(packet, packet.pts)
    run.add(Packet(1.9999, 1 / RATE, 100, key=True), 2.0)
    run.add(Packet(2.0666, 1 / RATE, 100, key=False), 2.1)
    run.listed(2.0)

    assert run.closed(finished=True) == [
        Placed(0, 0.0, 1.9999),
        Placed(1, 1.9999, pytest.approx(0.1334, abs=1e-3)),
    ]


def test_the_priming_of_sound_counts_from_its_first_packet() -> None:
    run = timeline()
    frame = 1024 / 48000
    for n in range(-1, 188):
        run.add(Packet(n * frame, frame, 300, key=True), 5 + n * frame)
    # The segment muxer has moved all times by the negative first one.
    run.listed(94 * frame)

    first, second = run.closed(finished=True)
    assert first == Placed(0, pytest.approx(5 - frame), pytest.approx(94 * frame))
    assert second.start == pytest.approx(first.start + first.duration)


@pytest.mark.parametrize(("drift", "expected"), [(0.05, 2.0), (0.2, 2.2), (-0.2, 1.8)])
def test_only_a_drift_that_matters_moves_the_next_segment(drift: float, expected: float) -> None:
    run = timeline()
    for packet in pictures(0, 30):
        run.add(packet, packet.pts)
    for packet in pictures(30, 60):
        run.add(packet, packet.pts + drift)
    run.listed(2.0)

    _, second = run.closed(finished=True)
    assert second.start == pytest.approx(expected)


def test_packets_that_come_ever_later_shift_from_where_the_segment_has_them() -> None:
    run = timeline()
    for packet in pictures(0, 30):
        run.add(packet, 10 + packet.pts)
    assert run.shift is None  # two seconds tell nothing
    for packet in pictures(30, 90):
        run.add(packet, 10 + packet.pts)
    assert run.shift == pytest.approx(0)
    for packet in pictures(90, 165):
        run.add(packet, 10.2 + packet.pts)

    assert run.shift == pytest.approx(0.2)


def test_one_late_packet_is_no_shift() -> None:
    run = timeline()
    for packet in pictures(0, 60):
        run.add(packet, 10 + packet.pts)
    run.add(pictures(60, 61)[0], 10 + 60 / RATE + 0.5)

    assert run.shift == pytest.approx(0)


def test_a_run_without_a_packet_has_no_segment() -> None:
    assert timeline().closed(finished=True) == []


@given(
    lateness=st.lists(st.floats(0, 0.07), min_size=90, max_size=200),
    told=st.integers(min_value=0, max_value=5),
)
def test_no_packet_is_in_two_segments_or_in_none(lateness: list[float], told: int) -> None:
    run = timeline()
    placed: list[Placed] = []
    for packet, late in zip(pictures(0, len(lateness)), lateness, strict=True):
        run.add(packet, packet.pts + late)
        if packet.key and packet.pts:
            run.listed(packet.pts)
        if packet.key or told == 0:
            placed += run.closed()
    placed += run.closed(finished=True)

    assert [each.index for each in placed] == list(range(len(placed)))
    assert len(placed) == -(-len(lateness) // (2 * RATE))
    assert sum(each.duration for each in placed) == pytest.approx(len(lateness) / RATE)
    for one, after in itertools.pairwise(placed):
        assert after.start == pytest.approx(one.start + one.duration)
