"""Changes of rules in the files of units: the key `alarms`, see `fleet.orgs.files`.

    alarms:
      room-dark:
        delay: 300
      lamp-hours:
        enabled: false

A rule that is not shipped is one of the unit's own. What holds everywhere is in the top's file.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fleet.alerts import repository, rulebook, service
from fleet.db import Session
from fleet.errors import Refused
from fleet.orgs.files import Act, SectionChange
from fleet.orgs.models import OrgUnit
from fleet.web.language import gettext as _


class AlarmRules:
    """The rules that a unit has changed, or has of its own."""

    key = "alarms"

    def export(self, session: Session, unit: OrgUnit) -> Any | None:
        """What is changed right here, by rule; None is nothing."""
        return _here(session, unit) or None

    def plan(self, session: Session, unit: OrgUnit | None, value: Any) -> Iterator[SectionChange]:
        """What differs.

        Raises:
            Refused: there is no such rule, or a value does not fit.
        """
        if not isinstance(value, Mapping):
            raise Refused(_("It has to have keys, the names of rules."))
        here = _here(session, unit) if unit is not None else {}
        wanted = {rule: _checked(rule, change) for rule, change in value.items()}
        for rule, change in wanted.items():
            before = here.get(rule)
            if before is None:
                yield SectionChange("+", f"alarm {rule}: {_said(change)}", _set(rule, change))
            elif before != change:
                text = f"alarm {rule}: {_said(before)} → {_said(change)}"
                yield SectionChange("~", text, _set(rule, change))
        for rule, before in here.items():
            if rule not in wanted:
                yield SectionChange("-", f"alarm {rule}: {_said(before)}", _set(rule, {}))


def _here(session: Session, unit: OrgUnit) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in paths(unit):
        for one in repository.rules_at(session, path):
            found[one.rule] = found.get(one.rule, {}) | _plain(one.change)
    return {rule: found[rule] for rule in sorted(found)}


def paths(unit: OrgUnit) -> tuple[str, ...]:
    """Where the unit's rules are kept; those of the top also where everything is meant."""
    return ("", unit.path) if unit.parent_id is None else (unit.path,)


def _checked(rule: str, change: Any) -> dict[str, Any]:
    if not isinstance(change, Mapping) or not change:
        raise Refused(_("Say what differs: enabled, severity, delay …"), field=f".{rule}")
    try:
        return _plain(rulebook.checked(rule, change))
    except Refused as error:
        inner = f".{error.field}" if error.field in change else ""
        raise Refused(error.message, field=f".{rule}{inner}") from error


def _plain(change: Mapping[str, Any]) -> dict[str, Any]:
    """Whole numbers without a point, keys in order, so that a file is written always alike."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in sorted(change.items())
    }


def _said(change: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in change.items())


def _set(rule: str, change: Mapping[str, Any]) -> Callable[[Session, OrgUnit, Act], None]:
    def do(session: Session, unit: OrgUnit, act: Act) -> None:
        first, *others = paths(unit)
        service.change_rule(
            session, path=first, rule=rule, change=change, by=act.actor, now=act.now
        )
        for path in others:
            if repository.rule_row(session, path, rule) is not None:
                service.change_rule(
                    session, path=path, rule=rule, change={}, by=act.actor, now=act.now
                )

    return do
