"""Which dark rooms are one trouble: all behind a switch, all of a site, all of a country. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

UPLINK = "uplink-dark"
SITE = "site-dark"
FEWEST = 2
"""Of rooms that a parent has to explain: with one, the room says it better."""


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What may explain several rooms: `place` is a unit's path, of an uplink with `|NAME`."""

    rule: str
    place: str


@dataclass(frozen=True, slots=True)
class Dark:
    """A room whose contact is lost. `ready`: for long enough to be an alarm."""

    room: str
    path: str
    uplink: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Alive:
    """How many rooms right in a unit and behind an uplink are heard."""

    path: str
    uplink: str
    count: int


@dataclass(frozen=True, slots=True)
class Explained:
    """What explains what.

    Attributes:
        rooms: room → what explains it.
        groups: an explaining group below another one → that one.
        counts: how many rooms each topmost group explains.
    """

    rooms: dict[str, Group] = field(default_factory=dict)
    groups: dict[Group, Group] = field(default_factory=dict)
    counts: dict[Group, int] = field(default_factory=dict)


def explain(
    dark: Collection[Dark],
    alive: Iterable[Alive],
    known: Collection[Group],
    allowed: Callable[[Group], bool] = lambda _: True,
) -> Explained:
    """Find what explains dark rooms: the largest group in which nothing is heard.

    A group needs two parts that are dark, and a room that is ready, unless it is `known`: an
    alarm already. So a country with one site is explained by the site. `allowed` says whether
    there is a rule for a group.
    """
    heard: Counter[Group] = Counter()
    for some in alive:
        for group in groups_of(some.path, some.uplink):
            heard[group] += some.count
    parts: dict[Group, set[str]] = defaultdict(set)
    ready: set[Group] = set(known)
    for room in dark:
        chain = groups_of(room.path, room.uplink)
        for number, group in enumerate(chain):
            below = [one for one in chain[:number] if one.rule == SITE]
            parts[group].add(below[-1].place if below else room.room)
            if room.ready:
                ready.add(group)
    standing = {
        group
        for group, some in parts.items()
        if not heard[group] and len(some) >= FEWEST and group in ready and allowed(group)
    }
    found = Explained()
    for room in dark:
        chain = [one for one in groups_of(room.path, room.uplink) if one in standing]
        if not chain:
            continue
        top = chain[-1]
        found.rooms[room.room] = top
        found.counts[top] = found.counts.get(top, 0) + 1
        found.groups.update(dict.fromkeys(chain[:-1], top))
    return found


def groups_of(path: str, uplink: str) -> list[Group]:
    """What a room may be explained by, the nearest first."""
    ids = path.split(".")[:-1]
    units = [Group(SITE, "".join(f"{one}." for one in ids[:n])) for n in range(len(ids), 0, -1)]
    return [Group(UPLINK, f"{path}|{uplink}"), *units] if uplink and ids else units
