"""Rooms lost and regained at once."""

import pytest

from benchmarks import presence


def test_a_storm_is_one_alarm_a_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small: the figure itself is for `make bench`."""
    monkeypatch.setattr(presence, "PATIENCE", 6.0)
    storm = presence.measure(400)

    assert (storm.sites, storm.alarms) == (4, 4)
    assert 0 < storm.lost < 60
    assert 0 < storm.regained < 60
