"""What explains dark rooms, and what a dark room explains of its own devices."""

from datetime import datetime, timedelta

from fleet.alerts import machine, masking, repository
from fleet.alerts.machine import Heard
from fleet.alerts.masking import Group
from fleet.alerts.models import Watch
from fleet.alerts.service.round import Round, as_watched, keep, new_watch, step

ROOM_DARK = "room-dark"


def explain(this: Round) -> None:
    """Bring parents up to date with the dark rooms, and rooms' own alarms with both."""
    known = {Group(one.rule, one.place): one for one in repository.groups(this.session)}
    if known or any(key[0] == ROOM_DARK for key in this.touched):
        this.session.flush()
        _groups(this, known)
    _rooms(this)


def _groups(this: Round, known: dict[Group, Watch]) -> None:
    rows = repository.dark(this.session, ROOM_DARK)
    standing = {group for group, one in known.items() if one.state == "firing"}
    found = masking.explain(
        [one for one, _ in rows],
        repository.alive(this.session) if len(rows) >= masking.FEWEST or standing else (),
        standing,
        lambda group: _enabled(this, group),
    )
    for group in found.counts.keys() | known.keys():
        watch = known.get(group) or _new_group(this, group)
        explained = found.groups.get(group)
        bad = group in found.counts or explained is not None
        _hear(this, watch, bad)
        watch.parent = name(explained) if explained else ""
        if group in found.counts:
            watch.said = {**watch.said, "count": found.counts[group]}
    _apply(this, {one.room: (found.rooms.get(one.room), parent) for one, parent in rows})


def _apply(this: Round, rooms: dict[str, tuple[Group | None, str]]) -> None:
    """Set what explains each dark room; what nothing explains any more waits for a while."""
    moved = {
        room: name(group) if group else ""
        for room, (group, parent) in rooms.items()
        if parent != (name(group) if group else "")
    }
    far = [room for room in moved if (ROOM_DARK, room, "") not in this.watches]
    known = repository.with_alarm(this.session, ROOM_DARK, far)
    this.watches |= known
    this.places |= repository.places(this.session, [key[1] for key in known])
    for room, parent in moved.items():
        watch = this.watches.get((ROOM_DARK, room, ""))
        if watch is not None:
            _set_parent(this, watch, parent)
    _apply_far(this, {r: moved[r] for r in far if (ROOM_DARK, r, "") not in known})


def _apply_far(this: Round, moved: dict[str, str]) -> None:
    """The same for rooms that are no alarms and were not looked at: many at once."""
    by_parent: dict[str, list[str]] = {}
    for room, parent in moved.items():
        by_parent.setdefault(parent, []).append(room)
    for parent, rooms in by_parent.items():
        if parent:
            repository.explain_all(this.session, ROOM_DARK, rooms, parent)
            continue
        for path, some in _by_path(this, rooms).items():
            rule = this.book.of(ROOM_DARK, path)
            until = this.now + timedelta(seconds=rule.grace if rule else 0)
            repository.release_all(this.session, ROOM_DARK, some, until)


def _by_path(this: Round, rooms: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in repository.places(this.session, rooms).values():
        found.setdefault(place.path, []).append(place.room)
    return found


def _rooms(this: Round) -> None:
    """What else is wrong in a dark room is explained by that."""
    touched = {one.room_id for one in this.touched.values() if one.room_id}
    dark = {
        one.room_id: one
        for one in this.watches.values()
        if one.rule == ROOM_DARK and (one.state == "firing" or one.held_until is not None)
    }
    for watch in list(this.watches.values()):
        if watch.room_id not in touched or watch.rule == ROOM_DARK:
            continue
        above = dark.get(watch.room_id)
        _set_parent(this, watch, f"{ROOM_DARK} {watch.room_id}" if above else "")


def _set_parent(this: Round, watch: Watch, parent: str) -> None:
    """Explain a watch, or no longer: then it waits, unless people know it as an alarm already."""
    if watch.parent == parent:
        return
    released = bool(watch.parent) and not parent
    watch.parent = parent
    if parent and watch.alarm_id is None:
        watch.due_at = None  # while it is explained it has nothing to say
    if released and watch.alarm_id is None and watch.state != "ok":
        rule = this.rule(watch)
        until = this.now + timedelta(seconds=rule.grace if rule else 0)
        keep(watch, machine.released(as_watched(watch), until), until)
    this.touched[watch.rule, watch.place, watch.subject] = watch


def _hear(this: Round, watch: Watch, bad: bool) -> None:
    last = bool(watch.heard) and bool(watch.heard[-1][1])
    news = [] if last == bad else [Heard(_after(watch, this.now), bad)]
    step(this, watch, news)


def _after(watch: Watch, now: datetime) -> datetime:
    """`now`, or a moment after the last word if the clock was set back."""
    if not watch.heard:
        return now
    return max(now, datetime.fromisoformat(watch.heard[-1][0]) + timedelta(microseconds=1))


def _enabled(this: Round, group: Group) -> bool:
    rule = this.book.of(group.rule, _path_of(group))
    return rule is not None and rule.enabled


def _path_of(group: Group) -> str:
    return group.place.partition("|")[0]


def _new_group(this: Round, group: Group) -> Watch:
    scope = "unit" if group.rule == masking.SITE else "uplink"
    watch = new_watch(group.rule, group.place, "", scope, _path_of(group))
    repository.add(this.session, watch)
    this.watches[watch.rule, watch.place, watch.subject] = watch
    return watch


def name(group: Group) -> str:
    """How a watch names what explains it."""
    return f"{group.rule} {group.place}"
