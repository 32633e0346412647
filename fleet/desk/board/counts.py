"""What the board counts, summed up the tree of units. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields

from fleet.db.paths import inside


@dataclass(slots=True)
class Counts:
    """Numbers of one unit.

    Attributes:
        working, risk, dark, none: its rooms by standing.
        linked: rooms whose PC is connected. `cut`: rooms whose PC was, and is lost.
        recorded: lessons that began within a day and have a recording.
        missed: lessons that ended within a day and have none.
        endangered: lessons that are on or begin soon, in a room that may not record them.
        arriving: recordings of which something is still on its way from the room.
    """

    working: int = 0
    risk: int = 0
    dark: int = 0
    none: int = 0
    linked: int = 0
    cut: int = 0
    recorded: int = 0
    missed: int = 0
    endangered: int = 0
    arriving: int = 0

    @property
    def rooms(self) -> int:
        """All of them."""
        return self.working + self.risk + self.dark + self.none

    def add(self, other: "Counts") -> None:
        """Count in the numbers of another unit."""
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_NAMES = tuple(one.name for one in fields(Counts))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the board knows it; `iso2` is that of a country, where given."""

    id: str
    parent_id: str | None
    kind: str
    name: str
    iso2: str
    path: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The numbers at one moment; never changed.

    Attributes:
        version: goes up when any number or unit changes.
        units: by path, parents first.
        own: numbers of the rooms right in each path, not of those below.
        choices: what lists can be narrowed by: the values that occur, by filter.
        offered: those that occur within a reach, for whom sees no more; kept as long as `choices`.
        drawn: what pages have made of it, by whatever they tell it apart by.
    """

    version: int
    units: Mapping[str, Unit]
    own: Mapping[str, Counts]
    choices: Mapping[str, list[str]] = field(default_factory=dict)
    offered: dict[tuple[str, ...], Mapping[str, list[str]]] = field(
        default_factory=dict, compare=False
    )
    sums: Mapping[str, Counts] = field(init=False)
    _children: Mapping[str | None, list[Unit]] = field(init=False, repr=False)
    drawn: dict[object, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sums", _rolled_up(self.own))
        children: dict[str | None, list[Unit]] = {}
        for one in self.units.values():
            children.setdefault(one.parent_id, []).append(one)
        object.__setattr__(self, "_children", children)

    def under(self, path: str) -> Counts:
        """The numbers of a unit with everything below it."""
        return self.sums.get(path, _NOTHING)

    def seen(self, reach: Iterable[str]) -> Counts:
        """The numbers of all that somebody may see."""
        total = Counts()
        for prefix in reach:
            total.add(self.under(prefix))
        return total

    def by_id(self, unit_id: str) -> Unit | None:
        """A unit."""
        return next((one for one in self.units.values() if one.id == unit_id), None)

    def below(self, path: str) -> list[Unit]:
        """The units below a path, by name; regions stand back for what is in them."""
        parent = self.units.get(path)
        found: list[Unit] = []
        todo = self._children.get(parent.id if parent else None, [])
        for one in todo:
            inner = self._children.get(one.id) if one.kind == "region" else None
            found += self.below(one.path) if inner else [one]
        return sorted(found, key=lambda one: one.name.casefold())

    def above(self, path: str, reach: Iterable[str]) -> list[Unit]:
        """The units over a path and its own, from the top, as far as somebody may see."""
        prefixes = tuple(reach)
        return [
            self.units[one]
            for one in ancestors(path)
            if one in self.units and any(inside(one, prefix) for prefix in prefixes)
        ]

    def tops(self, reach: Iterable[str]) -> list[Unit]:
        """Where somebody's view begins: the top unit, or the units they were granted."""
        wanted = tuple(reach)
        if "" in wanted:
            return [one for one in self.units.values() if one.parent_id is None]
        return [self.units[one] for one in wanted if one in self.units]


_NOTHING = Counts()


def ancestors(path: str) -> Iterator[str]:
    """Each path from the top down to this one: "a.b." gives "a." and "a.b."."""
    position = path.find(".")
    while position >= 0:
        yield path[: position + 1]
        position = path.find(".", position + 1)


def _rolled_up(own: Mapping[str, Counts]) -> dict[str, Counts]:
    sums: dict[str, Counts] = {"": Counts()}
    for path, counts in own.items():
        sums[""].add(counts)
        for one in ancestors(path):
            sums.setdefault(one, Counts()).add(counts)
    return sums
