"""When something wrong is an alarm: ok → pending → firing → ok. Pure: no clock, no I/O.

What is heard may come twice, late and in any order; only its own times count. The caller says
what time it is, and applies what explains an alarm: see `fleet.alerts.masking`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["ok", "pending", "firing"]
_MOST_KEPT = 64
_NEVER = timedelta(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """How patient a rule is.

    Attributes:
        delay: how long it has to be bad before it fires.
        clear_delay: how long it has to be good again before it is over.
        hold: after so long it is over by itself: for what happens and does not last.
        flap_changes: so many changes within `flap_window` make it one alarm that is held until
            nothing changes for as long; 0 is never.
    """

    delay: timedelta = _NEVER
    clear_delay: timedelta = _NEVER
    hold: timedelta | None = None
    flap_changes: int = 6
    flap_window: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, order=True)
class Heard:
    """At this time it was bad, or good."""

    at: datetime
    bad: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one subject of one rule.

    Attributes:
        heard: the changes that count, the oldest first, and the last word.
        since: when what is pending or firing began.
        held_until: it does not begin to fire before.
    """

    state: State = "ok"
    heard: tuple[Heard, ...] = ()
    flapping: bool = False
    since: datetime | None = None
    held_until: datetime | None = None

    @property
    def bad(self) -> bool:
        """The last word."""
        return bool(self.heard) and self.heard[-1].bad


def hear(watched: Watched, news: Iterable[Heard], terms: Terms) -> Watched:
    """Take in what was heard, in any order."""
    merged = sorted({*watched.heard, *news})
    return replace(watched, heard=_kept(merged, terms.flap_window))


def passed(watched: Watched, terms: Terms, now: datetime, *, resting: bool = False) -> Watched:
    """How it stands at `now`. While it is `resting`, for maintenance, nothing begins to fire."""
    began = _run(watched.heard)
    bad = watched.bad and not _over(began, terms, now)
    recent = _changes(watched.heard, now - terms.flap_window)
    flapping = bool(terms.flap_changes) and (
        len(recent) >= terms.flap_changes or (watched.flapping and bool(recent))
    )
    if watched.state == "firing":
        good = began if terms.clear_delay and not watched.bad else None
        lately = good is not None and now < good + terms.clear_delay
        if bad or flapping or lately:
            return replace(watched, flapping=flapping)
        return replace(watched, state="ok", flapping=False, since=None, held_until=None)
    if not bad and not flapping:
        return replace(watched, state="ok", flapping=False, since=None, held_until=None)
    since = recent[0] if flapping else began
    free = not resting and (watched.held_until is None or watched.held_until <= now)
    long = flapping or (began is not None and began + terms.delay <= now)
    state: State = "firing" if free and long else "pending"
    return replace(watched, state=state, flapping=flapping, since=since)


def due(watched: Watched, terms: Terms, now: datetime) -> datetime | None:
    """When time alone may change it, after `now`; None is never."""
    began = _run(watched.heard)
    times = [watched.held_until]
    if began is not None:
        times.append(began + (terms.delay if watched.bad else terms.clear_delay))
        if terms.hold is not None and watched.bad:
            times.append(began + terms.hold)
    recent = _changes(watched.heard, now - terms.flap_window)
    if recent and (watched.flapping or watched.state == "ok"):
        times.append(recent[-1] + terms.flap_window)
    ahead = [one for one in times if one is not None and one > now]
    return min(ahead, default=None)


def released(watched: Watched, until: datetime) -> Watched:
    """What explained it is over: it may be over itself in a moment, and fires no sooner."""
    if watched.state == "ok":
        return watched
    return replace(watched, state="pending", held_until=until)


def forgettable(watched: Watched, terms: Terms, now: datetime) -> bool:
    """Whether nothing would be lost if this were forgotten."""
    ended = not watched.bad or _over(_run(watched.heard), terms, now)
    return watched.state == "ok" and ended and not _changes(watched.heard, now - terms.flap_window)


def _over(began: datetime | None, terms: Terms, now: datetime) -> bool:
    return terms.hold is not None and began is not None and began + terms.hold <= now


def _run(heard: tuple[Heard, ...]) -> datetime | None:
    """When the last word was first said without a break."""
    began = None
    for one in reversed(heard):
        if one.bad != heard[-1].bad:
            break
        began = one.at
    return began


def _changes(heard: tuple[Heard, ...], after: datetime) -> list[datetime]:
    """When it changed since then; before anything was heard it was good."""
    found, before = [], False
    for one in heard:
        if one.bad != before and one.at > after:
            found.append(one.at)
        before = one.bad
    return found


def _kept(heard: list[Heard], window: timedelta) -> tuple[Heard, ...]:
    """The first and the last of each run: of the window before the last word, and its own run."""
    kept = [
        one
        for number, one in enumerate(heard)
        if number in (0, len(heard) - 1)
        or heard[number - 1].bad != one.bad
        or heard[number + 1].bad != one.bad
    ]
    if not kept:
        return ()
    oldest = kept[-1].at - window
    own = _run(tuple(kept))
    recent = [one for one in kept if one.at > oldest or (own is not None and one.at >= own)]
    return tuple(recent[-_MOST_KEPT:])
