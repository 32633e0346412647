"""What a list of rooms is narrowed by, as it stands in an address. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from fleet.classrooms.standing import Standing

Sort = Literal["name", "standing"]
STANDINGS: Final[tuple[str, ...]] = get_args(Standing)
WORST_FIRST: Final = ("dark", "risk", "none", "working")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """All are empty where they do not narrow; what is not known narrows to nothing.

    Attributes:
        unit: the id of a unit, for all rooms below it.
        standing, presence: of the room.
        role, profile: of a device that it has.
        version: of its agent.
        alarm: the name of an alarm that stands.
        text: words of its name, each from its beginning.
        sort: `name`, or `standing` with the worst first.
    """

    unit: str = ""
    standing: str = ""
    presence: str = ""
    role: str = ""
    profile: str = ""
    version: str = ""
    alarm: str = ""
    text: str = ""
    sort: str = "name"

    @property
    def query(self) -> str:
        """The part of an address that says the same; empty where nothing is narrowed."""
        said = {key: value for key, value in asdict(self).items() if value and value != "name"}
        return urlencode(said)

    @property
    def narrowing(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort="name") != Filters()

    def without(self, name: str) -> str:
        """`query` with one filter taken away."""
        return replace(self, **{name: ""}).query


def of(given: Mapping[str, str]) -> Filters:
    """The filters of an address; what is no filter is left out."""
    known = {name: given.get(name, "").strip()[:_LONGEST] for name in Filters.__slots__}
    if known["sort"] not in get_args(Sort):
        known["sort"] = "name"
    return Filters(**known)


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page of the list ends: the next one begins behind it."""

    standing: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.id}~{self.standing}~{self.name}"


def key(text: str) -> Key | None:
    """The key that an address holds; None for what is none."""
    parts = text.split("~", 2)
    if len(parts) != 3 or not parts[0]:
        return None
    return Key(parts[1], parts[2], parts[0])
