"""Forms of rules and silences, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleet.alerts import place_repository
from fleet.alerts.rulebook import CHANGEABLE, shipped
from fleet.db import Session
from fleet.errors import Refused
from fleet.orgs import service as orgs
from fleet.web import forms as web_forms
from fleet.web.language import gettext as _
from fleet.web.render import weekdays as day_names

_NUMBERS = ("delay", "clear_delay", "threshold", "clear")
_WORDS = ("severity", "device", "point", "op", "unit_of", "name")


@dataclass(frozen=True, slots=True)
class Times:
    """When a silence holds: see `fleet.alerts.models.Quiet`."""

    until: datetime | None
    weekdays: str
    from_minute: int
    to_minute: int


def path_of(session: Session, unit: str, reach: Sequence[str]) -> str:
    """The path of a unit; without one that of the topmost that somebody may change.

    Raises:
        NotFound: there is no such unit.
        Refused: none was chosen, and several are the topmost.
    """
    if unit:
        return orgs.get(session, unit).path
    if len(reach) == 1:
        return reach[0]
    raise Refused(_("Choose a unit."), field="unit")


def change(rule: str, given: Mapping[str, str]) -> dict[str, Any]:
    """What a form changes of a rule: fields left empty are as above."""
    found: dict[str, Any] = {}
    for key in _NUMBERS:
        if text := given.get(key, "").strip():
            found[key] = _number(text, key)
    for key in _WORDS:
        if text := given.get(key, "").strip():
            found["unit" if key == "unit_of" else key] = text
    if given.get("enabled") in ("yes", "no"):
        found["enabled"] = given["enabled"] == "yes"
    if given.get("flap_changes", "").strip():
        found["flap_changes"] = web_forms.whole_number(given["flap_changes"], "flap_changes")
    if not found:
        raise Refused(_("Change something, or take the changes back."), field="rule")
    if not rule:
        raise Refused(_("Give the rule a name."), field="rule")
    if rule in shipped() or rule.startswith("room."):
        found = {key: value for key, value in found.items() if key in CHANGEABLE}
    return found


def times(until: str, weekdays: str, from_time: str, to_time: str) -> Times:
    """When a silence holds, from a form; times of an end are UTC.

    Raises:
        Refused: one of them is none, or nothing says when it ends.
    """
    end = None
    if until:
        try:
            end = datetime.fromisoformat(until).replace(tzinfo=UTC)
        except ValueError:
            raise Refused(_("Write the date and the time."), field="until") from None
    if not weekdays:
        if end is None:
            raise Refused(_("Say until when, or choose days of the week."), field="until")
        return Times(end, "", 0, 0)
    first = web_forms.wall_clock(from_time, "from_time")
    last = web_forms.wall_clock(to_time, "to_time")
    return Times(end, weekdays, first.hour * 60 + first.minute, last.hour * 60 + last.minute)


def weekdays() -> list[tuple[int, str]]:
    """Numbers and names of the days of the week."""
    return day_names()


def room_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Names of rooms by id."""
    return {key: one.name for key, one in place_repository.rooms(session, ids).items()}


def _number(text: str, key: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(_("Write a number."), field=key) from None
