"""The measurement itself: what is compared is there, and in its order."""

import statistics

from benchmarks.orders import measure, p99


def test_an_order_and_its_peer_are_measured() -> None:
    """Short: the figure itself is for `make bench`."""
    trips = measure(1, 5)

    assert len(trips.raw) == len(trips.order) == len(trips.wire) == len(trips.disk) == 5
    assert statistics.median(trips.raw) > 0
    assert 0 < statistics.median(trips.wire) <= statistics.median(trips.order)
    assert p99(trips.order) < 10
