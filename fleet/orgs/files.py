"""Configuration as files: what a folder above implements to have a part in each unit's file.

A unit has one file, `<code>.yaml`, and each `Section` one key of it:

    class AlarmRules:
        key = "alarms"
        def export(self, session, unit): ...      # None leaves the key out
        def plan(self, session, unit, value): ...  # what would change, changing nothing

`fleet.commands.config.SECTIONS` names them all. `export` then `plan` of the same has to find
nothing, and `export`, `apply` on an empty fleet, `export` has to give the same again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from fleet.db import Session
from fleet.orgs.models import OrgUnit

Mark = Literal["+", "~", "-"]
FLEET = "fleet"
"""The actor of commands."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes something, and when. `actor` is a user's id, or `FLEET`."""

    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SectionChange:
    """One line of a plan, and how it is done.

    Attributes:
        mark: added, changed, or removed. Removals are done with `--prune` only, else left alone.
        text: what, after the unit's code, as a person reads it: `alarms room-dark: delay 60 → 300`.
        do: does it to the unit, which by then is there, in the transaction given; it writes the
            audit row, with the unit's path.
    """

    mark: Mark
    text: str
    do: Callable[[Session, OrgUnit, Act], None]


class Section(Protocol):
    """One key of a unit's file, and what it means."""

    @property
    def key(self) -> str:
        """The key, `alarms`."""

    def export(self, session: Session, unit: OrgUnit) -> Any | None:
        """What the file says: dicts, lists, texts, numbers, ordered always alike; or None."""

    def plan(self, session: Session, unit: OrgUnit | None, value: Any) -> Iterable[SectionChange]:
        """What would have to change so that `export` gives `value`; nothing is changed yet.

        `unit` is None when it will only be added by the same plan. `value` is what the file says;
        without the key nothing is asked.

        Raises:
            Refused: `value` is wrong. `field` says where, `[2].delay` for the third of a list,
                and the person is told the line.
        """
