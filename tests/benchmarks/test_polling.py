from benchmarks.polled_room import DEVICES
from benchmarks.polling import HOUR, measure, polled_room


def test_a_room_is_polled_as_its_profiles_say() -> None:
    """Short: the figure itself is for `make bench`."""
    polled = measure(2)

    by_profiles = 0.0
    with polled_room() as room:
        assert len(room) == sum(count for _, count, _ in DEVICES) == 12
        for device in room:
            polls = [each.poll for each in device.profile.readings.values() if each.poll]
            by_profiles += sum(HOUR / poll for poll in polls)
    assert 0.8 * by_profiles < polled.exchanges <= by_profiles, "the rest the devices do not give"
    assert polled.tried > 100
    assert 0.5 < polled.cpu < HOUR / 10
