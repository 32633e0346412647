"""The state of one alarm: a model, and what must hold whatever is heard and when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.machine import Heard, Terms, Watched, due, forgettable, hear, passed, released

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENT = Terms(timedelta(seconds=60), timedelta(seconds=30), None, 4, timedelta(minutes=10))
FOREVER = timedelta(days=1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def run(terms: Terms, *script: tuple[float, bool | None], start: Watched | None = None) -> Watched:
    """Hear (seconds, bad) or let time pass (seconds, None), in the order given."""
    watched = start or Watched()
    for seconds, bad in script:
        if bad is not None:
            watched = hear(watched, [Heard(at(seconds), bad)], terms)
        watched = passed(watched, terms, at(seconds))
    return watched


news = st.lists(
    st.tuples(st.integers(0, 3000), st.booleans()), max_size=14, unique_by=lambda one: one[0]
)
terms = st.builds(
    Terms,
    delay=st.integers(0, 300).map(lambda s: timedelta(seconds=s)),
    clear_delay=st.integers(0, 300).map(lambda s: timedelta(seconds=s)),
    hold=st.none() | st.integers(1, 600).map(lambda s: timedelta(seconds=s)),
    flap_changes=st.integers(0, 8),
    flap_window=st.just(timedelta(seconds=900)),
)


def test_it_fires_after_its_delay_and_not_before() -> None:
    assert run(PATIENT, (0, True), (59, None)).state == "pending"
    fired = run(PATIENT, (0, True), (60, None))
    assert (fired.state, fired.since) == ("firing", NOON)
    assert due(run(PATIENT, (0, True)), PATIENT, NOON) == at(60)


def test_it_is_over_when_it_was_good_for_long_enough() -> None:
    fired = run(PATIENT, (0, True), (60, None), (100, False))
    assert fired.state == "firing"
    assert due(fired, PATIENT, at(100)) == at(130)
    assert run(PATIENT, (130, None), start=fired).state == "ok"
    assert run(PATIENT, (120, True), (140, None), start=fired).state == "firing"


def test_what_flaps_is_one_alarm_until_it_is_quiet() -> None:
    flapping = run(PATIENT, *[(5 * n, n % 2 == 0) for n in range(4)])
    assert (flapping.state, flapping.flapping, flapping.bad) == ("firing", True, False)
    held = run(PATIENT, (500, None), start=flapping)
    assert held.flapping
    until = due(held, PATIENT, at(500))
    assert until == at(15) + PATIENT.flap_window
    assert passed(held, PATIENT, until).state == "ok"


def test_an_event_is_over_by_itself() -> None:
    event = Terms(hold=timedelta(hours=1), flap_changes=0)
    fired = run(event, (0, True))
    assert (fired.state, due(fired, event, NOON)) == ("firing", at(3600))
    over = run(event, (3600, None), start=fired)
    assert over.state == "ok"
    assert forgettable(over, event, at(3600))


def test_nothing_fires_in_a_room_at_rest_and_what_fires_stays() -> None:
    waiting = passed(run(PATIENT, (0, True)), PATIENT, at(1000), resting=True)
    assert waiting.state == "pending"
    assert passed(waiting, PATIENT, at(1001)).state == "firing"
    fired = run(PATIENT, (0, True), (60, None))
    assert passed(fired, PATIENT, at(61), resting=True).state == "firing"


def test_what_is_released_waits_before_it_fires_again() -> None:
    fired = run(PATIENT, (0, True), (60, None))
    waiting = released(fired, at(200))
    assert run(PATIENT, (199, None), start=waiting).state == "pending"
    assert run(PATIENT, (200, None), start=waiting).state == "firing"
    assert run(PATIENT, (100, False), start=waiting).state == "ok"


@given(news, terms, st.data())
def test_any_order_and_any_repetition_ends_alike(
    said: list[tuple[int, bool]], rule: Terms, data: st.DataObject
) -> None:
    heard = [Heard(at(seconds), bad) for seconds, bad in said]
    shuffled = data.draw(st.permutations(heard + heard[: len(heard) // 2]))

    def end(order: list[Heard]) -> Watched:
        watched = Watched()
        for one in order:
            watched = hear(watched, [one], rule)
        return passed(watched, rule, NOON + FOREVER)

    ordered = end(sorted(heard))
    assert (end(shuffled).state, end(shuffled).bad) == (ordered.state, ordered.bad)
    wanted = bool(heard) and max(heard).bad and rule.hold is None
    assert (ordered.state == "firing") is wanted


@given(news, terms)
def test_time_alone_never_goes_back(said: list[tuple[int, bool]], rule: Terms) -> None:
    """Pending becomes firing or is over; firing is over; ok stays ok."""
    watched = hear(Watched(), [Heard(at(s), bad) for s, bad in said], rule)
    rank = {"pending": 0, "firing": 1, "ok": 2}
    states = []
    for seconds in range(3000, 9000, 50):
        watched = passed(watched, rule, at(seconds))
        states.append(rank[watched.state])
    assert all(a <= b for a, b in pairwise(states))


@given(news, terms)
def test_nothing_happens_between_the_times_that_are_due(
    said: list[tuple[int, bool]], rule: Terms
) -> None:
    """Whoever looks only when it is due sees what those see who look each second."""
    watched = passed(hear(Watched(), [Heard(at(s), b) for s, b in said], rule), rule, at(3000))
    wakes = 0
    now = at(3000)
    while (wake := due(watched, rule, now)) is not None:
        if wake - now > timedelta(seconds=2):
            between = passed(watched, rule, wake - timedelta(seconds=1))
            assert between.state == watched.state
        watched, now = passed(watched, rule, wake), wake
        wakes += 1
        assert wakes < 20
    assert passed(watched, rule, now + FOREVER).state == watched.state


@given(news, terms)
def test_it_never_fires_without_a_cause(said: list[tuple[int, bool]], rule: Terms) -> None:
    watched, ever = Watched(), False
    for seconds, bad in sorted(said):
        ever = ever or bad
        watched = passed(hear(watched, [Heard(at(seconds), bad)], rule), rule, at(seconds))
        if watched.state == "firing":
            assert watched.since is not None
            assert watched.since <= at(seconds)
            assert ever
        assert len(watched.heard) <= 64
