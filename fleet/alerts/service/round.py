"""One evaluation of alarms: what it knows, and how a watch takes in news and the time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fleet.alerts import machine, quiet
from fleet.alerts.machine import Heard, Watched
from fleet.alerts.models import Watch
from fleet.alerts.repository import Key, Place
from fleet.alerts.rulebook import Rule, Rulebook
from fleet.db import Session


@dataclass(slots=True)
class Round:
    """One evaluation: what it knows, and which watches it has touched."""

    session: Session
    now: datetime
    book: Rulebook
    windows: list[quiet.Window]
    watches: dict[Key, Watch] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    touched: dict[Key, Watch] = field(default_factory=dict)

    def rule(self, watch: Watch) -> Rule | None:
        """The rule of a watch, None where there is none or it is not enabled."""
        found = self.book.of(watch.rule, watch.path, str(watch.said.get("text", "")))
        return found if found is not None and found.enabled else None

    def resting(self, watch: Watch) -> bool:
        """Whether its room is in maintenance."""
        place = self.places.get(watch.room_id or "")
        zone = place.zone if place else "UTC"
        return any(
            window.kind == "maintenance"
            and quiet.covers(
                window, path=watch.path, room_id=watch.room_id, rule="", at=self.now, zone=zone
            )
            for window in self.windows
        )


def step(this: Round, watch: Watch, news: list[Heard]) -> None:
    """Let a watch take in news and the time."""
    rule = this.rule(watch)
    before = as_watched(watch)
    if rule is None:
        keep(watch, Watched(heard=before.heard), None)
    else:
        heard = machine.hear(before, news, rule.terms)
        after = machine.passed(heard, rule.terms, this.now, resting=this.resting(watch))
        wake = machine.due(after, rule.terms, this.now)
        if wake is None and after.state == "pending":
            wake = this.now + timedelta(minutes=1)  # until its maintenance is over
        keep(watch, after, wake)
    this.touched[watch.rule, watch.place, watch.subject] = watch


def as_watched(watch: Watch) -> Watched:
    """A row as the machine sees it."""
    heard = tuple(Heard(datetime.fromisoformat(at), bad) for at, bad in watch.heard)
    state: machine.State = "ok"
    if watch.state in ("pending", "firing"):
        state = "pending" if watch.state == "pending" else "firing"
    return Watched(state, heard, watch.flapping, watch.since, watch.held_until)


def keep(watch: Watch, watched: Watched, due: datetime | None) -> None:
    """Write the machine's state into its row."""
    watch.state, watch.flapping = watched.state, watched.flapping
    watch.since, watch.held_until = watched.since, watched.held_until
    watch.heard = [[one.at.isoformat(), one.bad] for one in watched.heard]
    watch.due_at = due


def new_watch(rule: str, place: str, subject: str, scope: str, path: str) -> Watch:
    """A watch of which nothing has been heard."""
    return Watch(
        rule=rule,
        place=place,
        subject=subject,
        scope=scope,
        path=path,
        state="ok",
        heard=[],
        flapping=False,
        parent="",
        said={},
    )
