"""Forms that come back with what was typed and what was wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from fleet.errors import FleetError, Refused
from fleet.web.language import gettext as _

_LARGEST = 1_000_000
"""More than any form asks for; far larger numbers are no time or date to Python."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form shows: the values typed, and the problem with them if there is one."""

    values: Mapping[str, str] = field(default_factory=dict)
    problem: FleetError | None = None

    def __getitem__(self, name: str) -> str:
        """What was typed into a field, or nothing."""
        return self.values.get(name, "")

    def wrong(self, name: str) -> bool:
        """Whether this is the field that has to change."""
        return self.problem is not None and self.problem.field == name


def whole_number(text: str, name: str) -> int:
    """A whole number from a form. Raises Refused naming the field."""
    try:
        number = int(text)
    except ValueError:
        number = _LARGEST + 1
    if abs(number) > _LARGEST:
        raise Refused(_("Write a whole number."), field=name)
    return number


def day(text: str, name: str) -> date:
    """A date from a form, as browsers send it. Raises Refused naming the field."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(_("Write the date as year-month-day."), field=name) from None


def wall_clock(text: str, name: str) -> time:
    """A time of day from a form, as browsers send it. Raises Refused naming the field."""
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise Refused(_("Write the time as hours:minutes."), field=name) from None
