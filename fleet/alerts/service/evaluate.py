"""Evaluating: what was heard, and the time that passed, become alarms that begin and end.

One transaction, one process at a time. It works from rows alone, so that whatever is killed in
between is done by the next one.
"""

from datetime import datetime, timedelta

from fleet.alerts import machine, repository
from fleet.alerts import signals as signals_of
from fleet.alerts.machine import Heard
from fleet.alerts.models import Signal, Watch
from fleet.alerts.repository import Key
from fleet.alerts.rulebook import Rulebook
from fleet.alerts.service import episodes, parents
from fleet.alerts.service.round import Round, as_watched, new_watch, step
from fleet.db import Session

_MOST_SIGNALS = 20_000
_MOST_DUE = 20_000


def evaluate(session: Session, now: datetime) -> int:
    """Take in everything that was told since the last time; how much that was."""
    turn = repository.turn(session, now)
    signals = repository.signals(session, _MOST_SIGNALS)
    due = repository.due(session, now, _MOST_DUE)
    if not signals and not due:
        return 0
    turn.at = now
    this = Round(
        session, now, Rulebook(repository.changes(session)), repository.windows(session, now)
    )
    rooms = {one.room_id for one in signals} | {one.room_id for one in due if one.room_id}
    this.places = repository.places(session, rooms)
    this.watches = repository.watches_of_rooms(session, rooms)
    this.watches |= {(one.rule, one.place, one.subject): one for one in due}
    news = _gather(this, signals)
    for one in due:
        news.setdefault((one.rule, one.place, one.subject), [])
    for key, heard in news.items():
        step(this, this.watches[key], heard)
    parents.explain(this)
    episodes.settle(this)
    _forget(this)
    repository.forget_signals(session, signals)
    return len(signals) + len(due)


def _gather(this: Round, signals: list[Signal]) -> dict[Key, list[Heard]]:
    news: dict[Key, list[Heard]] = {}
    for one in signals:
        place = this.places.get(one.room_id)
        if place is None:
            continue
        key = (one.rule, one.room_id, one.subject)
        watch = this.watches.get(key)
        if watch is None:
            if not one.bad:
                continue
            watch = new_watch(one.rule, one.room_id, one.subject, "room", place.path)
            watch.room_id = one.room_id
            repository.add(this.session, watch)
            this.watches[key] = watch
        watch.path = place.path
        if one.rule == parents.ROOM_DARK and not one.bad:
            _lost_its_power(this, watch, one)
        if one.said:
            watch.said = {**watch.said, **one.said}
        news.setdefault(key, []).append(Heard(one.at, one.bad))
    return news


def _lost_its_power(this: Round, watch: Watch, back: Signal) -> None:
    """A PC that is back with another start than it was lost with went off without a word."""
    before, after = watch.said.get("boot"), back.said.get("boot")
    if not before or not after or before == after:
        return
    for bad, at in ((False, back.at - timedelta(microseconds=1)), (True, back.at)):
        signals_of.tell(this.session, "power-off", back.room_id, bad=bad, at=at, now=this.now)


def _forget(this: Round) -> None:
    for key, watch in this.touched.items():
        rule = this.rule(watch)
        idle = watch.state == "ok" and watch.alarm_id is None
        if idle and (rule is None or machine.forgettable(as_watched(watch), rule.terms, this.now)):
            repository.remove(this.session, watch)
            this.watches.pop(key, None)
