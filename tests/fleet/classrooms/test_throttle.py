"""The limit on guesses."""

from fleet.classrooms.throttle import Throttle


def test_failures_close_the_door_until_they_are_old() -> None:
    throttle = Throttle(limit=2, seconds=60)
    throttle.failed("192.0.2.1", now=0)
    throttle.failed("192.0.2.1", now=10)

    assert not throttle.is_open("192.0.2.1", now=59)
    assert throttle.is_open("192.0.2.2", now=59)
    assert throttle.is_open("192.0.2.1", now=61)


def test_one_ipv6_network_is_one_guesser() -> None:
    throttle = Throttle(limit=1)
    throttle.failed("2001:db8::1", now=0)

    assert not throttle.is_open("2001:db8::ffff", now=1)
    assert throttle.is_open("2001:db8:0:1::1", now=1)


def test_ipv4_hosts_are_not_one_where_the_server_listens_on_both_kinds() -> None:
    throttle = Throttle(limit=1)
    throttle.failed("::ffff:192.0.2.1", now=0)

    assert not throttle.is_open("::ffff:192.0.2.1", now=1)
    assert not throttle.is_open("192.0.2.1", now=1)
    assert throttle.is_open("::ffff:192.0.2.2", now=1)


def test_memory_is_bounded() -> None:
    throttle = Throttle(limit=1)
    for number in range(20_000):
        throttle.failed(f"host-{number}", now=number)

    assert len(throttle._failures) <= 10_000
