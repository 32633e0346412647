"""One line of a plan: what would be added, changed or removed. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fleet.auth.rules import Permission
from fleet.orgs.files import Mark, SectionChange
from fleet.orgs.wanted import Place, Problem, WantedRoom, WantedUnit
from fleet.web.language import gettext as _
from fleet.web.language import ngettext

What = Literal["unit", "room", "default", "setting", "section"]
"""`default`: wanted of all rooms of a unit. `setting`: wanted of one room."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do.

    Attributes:
        mark: added, changed, removed.
        what: to what; see `What`.
        unit: the unit's code.
        room: the room's name, "" if it is about the unit.
        name: the field or setting, "" for all of it.
        before: what it is.
        after: what it will be.
        follow: how many rooms follow a `default`.
        permission: what one has to be allowed to do.
        path: where; that of the nearest unit there is.
        at: where the file says so.
        new: what is added, whole.
        section: what another folder has to do.
    """

    mark: Mark
    what: What
    unit: str
    room: str = ""
    name: str = ""
    before: Any = None
    after: Any = None
    follow: int = 0
    permission: Permission = "units.change"
    path: str = ""
    at: Place = field(default=Place(0), compare=False)
    new: WantedUnit | WantedRoom | None = field(default=None, compare=False)
    section: SectionChange | None = field(default=None, compare=False)

    @property
    def subject(self) -> str:
        """What it is about, as one word of a list: `ke-uon`, `ke-uon / Lab 1`."""
        return f"{self.unit} / {self.room}" if self.room else self.unit

    @property
    def text(self) -> str:
        """What happens to it."""
        if self.section is not None:
            return self.section.text
        if isinstance(self.new, WantedUnit):
            return f"{self.new.kind} {shown(self.new.name)}"
        if isinstance(self.new, WantedRoom):
            return self.new.timezone
        if not self.name:
            return str(self.before or "")
        said = f"{self.name}: {shown(self.before)} → {shown(self.after)}"
        if self.what == "default":
            return f"{_('all rooms')} {said}{self._following()}"
        return said

    @property
    def line(self) -> str:
        """All of it in one line."""
        return f"{self.mark} {self.subject}: {self.text}".rstrip(": ")

    def _following(self) -> str:
        if not self.follow:
            return ""
        count = self.follow
        text = ngettext("%(count)s room follows", "%(count)s rooms follow", count)
        return f" ({text})"


UNSAID: Mapping[str, Any] = {}
"""Stands for a setting that is not there, in `before` and `after`."""


def shown(value: Any) -> str:
    """A value as a plan prints it."""
    if value == UNSAID:
        return "–"
    if isinstance(value, str):
        return value or "–"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order.

    `kept` is there and not in the files; it goes with pruning only. With problems nothing is done.
    """

    changes: tuple[Change, ...]
    kept: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    def forbidden(self, may: Callable[[Permission, str], bool]) -> list[Change]:
        """The changes that somebody may not make."""
        return [one for one in self.changes if not may(one.permission, one.path)]
