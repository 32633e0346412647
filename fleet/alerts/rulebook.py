"""Rules as data: those shipped, changed for units, with rules of units beside them. Pure.

A unit's change holds in its subtree; the nearest wins, key by key.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from fleet.alerts.machine import Terms
from fleet.errors import Refused
from fleet.web.language import gettext as _

Kind = Literal["presence", "parent", "check", "event", "reading", "room"]
SEVERITIES = ("critical", "warning", "info")
"""The worst first."""
CHANGEABLE = frozenset({
    "severity", "enabled", "delay", "clear_delay", "threshold", "clear", "flap_changes",
})  # fmt: skip
"""Keys of a shipped rule that a unit may change."""
OWN = CHANGEABLE | {"device", "point", "op", "unit", "name"}
"""Keys of a unit's own rule, which is one over a reading."""
_KEY = re.compile(r"[a-z][a-z0-9-]{0,47}")
_LONGEST = 30 * 86_400.0
_LEVEL = 1e15


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        kind: what feeds it: `presence` of agents, `parent`s of dark rooms, a `check` now and
            then, an `event` of a room, a `reading`, or the alarms of the `room` itself.
        severity: empty is that which the room says.
        threshold, clear: levels of a reading; of a check, what its text says.
        device: of the reading; empty is each that has the point.
        delay, clear_delay, hold, flap_window, grace: seconds. `grace`: how long what explained
            it may be over before it fires.
        name: of a unit's own rule, for people.
    """

    rule: str
    kind: Kind
    severity: str = "warning"
    enabled: bool = True
    delay: float = 0.0
    clear_delay: float = 0.0
    hold: float | None = None
    flap_changes: int = 6
    flap_window: float = 1800.0
    grace: float = 120.0
    threshold: float | None = None
    clear: float | None = None
    op: str = ">"
    device: str = ""
    point: str = ""
    unit: str = ""
    name: str = ""

    @property
    def terms(self) -> Terms:
        """What the machine needs of it."""
        return Terms(
            timedelta(seconds=self.delay),
            timedelta(seconds=self.clear_delay),
            None if self.hold is None else timedelta(seconds=self.hold),
            self.flap_changes,
            timedelta(seconds=self.flap_window),
        )

    def judge(self, value: float) -> bool | None:
        """Whether a reading is bad; None is between the two levels: no news."""
        if self.threshold is None:
            return None
        back = self.threshold if self.clear is None else self.clear
        if self.op == "<":
            return True if value < self.threshold else (False if value >= back else None)
        return True if value > self.threshold else (False if value <= back else None)


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the table of changes."""

    path: str
    rule: str
    change: Mapping[str, Any]


@cache
def shipped() -> Mapping[str, Rule]:
    """The rules that come with the program, by their key."""
    folder = Path(__file__).parent / "rules"
    found = {}
    for file in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
            rule = Rule(**entry)
            found[rule.rule] = rule
    return found


@dataclass(slots=True)
class Rulebook:
    """All rules with all changes; remembers what it has laid together."""

    changes: tuple[Change, ...] = ()
    _made: dict[tuple[str, str], Rule | None] = field(default_factory=dict)

    def of(self, rule: str, path: str, text: str = "") -> Rule | None:
        """A rule as it is at a place; None if there is none. `text` tells alarms of rooms apart."""
        key = settings_key(rule, text)
        if (key, path) not in self._made:
            self._made[key, path] = self._lay(key, path)
        return self._made[key, path]

    def readings(self, path: str) -> list[Rule]:
        """The rules over readings at a place that are enabled."""
        own = {one.rule for one in self.changes if one.rule not in shipped()}
        names = [name for name, one in shipped().items() if one.kind == "reading"]
        found = [self.of(name, path) for name in (*names, *sorted(own))]
        return [one for one in found if one is not None and one.enabled]

    def at(self, path: str) -> list[Rule]:
        """Every rule at a place, shipped ones first."""
        own = sorted({one.rule for one in self.changes if one.rule not in shipped()})
        found = [self.of(name, path) for name in (*shipped(), *own)]
        return [one for one in found if one is not None]

    def changed(self, rule: str, path: str) -> Mapping[str, Any]:
        """What is changed right here, not above."""
        here = (one.change for one in self.changes if (one.path, one.rule) == (path, rule))
        return next(here, {})

    def _lay(self, key: str, path: str) -> Rule | None:
        base = shipped().get(key)
        if base is None and key.startswith("room."):
            base = replace(shipped()["room"], rule=key)
        mine = [one for one in self.changes if one.rule == key and path.startswith(one.path)]
        for one in sorted(mine, key=lambda one: len(one.path)):
            if base is None:
                base = Rule(rule=key, kind="reading")
            base = replace(base, **{k: v for k, v in one.change.items() if k in OWN})
        return base


def settings_key(rule: str, text: str) -> str:
    """Under which key a rule is set: alarms of rooms by what they say."""
    return f"room.{text}" if rule.startswith("room.") and text else rule


def checked(rule: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """A change of a rule, or an own rule, as it is stored.

    Raises:
        Refused: the text says what is wrong.
    """
    known = rule in shipped() or rule.startswith("room.")
    if not known and not _KEY.fullmatch(rule):
        raise Refused(_("Name the rule with small letters, digits and hyphens."), field="rule")
    allowed = CHANGEABLE if known else OWN
    if wrong := sorted(set(change) - allowed):
        raise Refused(_("This cannot be changed: %(keys)s.", keys=", ".join(wrong)), field=wrong[0])
    kept = {key: _value(key, value) for key, value in change.items()}
    if not known and not (kept.get("point") and kept.get("threshold") is not None):
        raise Refused(_("A rule of your own needs a reading and a level."), field="point")
    _consistent(rule, kept)
    return kept


def _consistent(rule: str, kept: Mapping[str, Any]) -> None:
    base = shipped().get(rule) or Rule(rule=rule, kind="reading")
    made = replace(base, **kept)
    if made.threshold is None or made.clear is None:
        return
    beyond = made.clear > made.threshold if made.op == ">" else made.clear < made.threshold
    if beyond:
        raise Refused(_("It would be over before it began: check the two levels."), field="clear")


def _value(key: str, value: Any) -> Any:
    match key:
        case "severity" if value in SEVERITIES:
            return value
        case "enabled" if isinstance(value, bool):
            return value
        case "op" if value in ("<", ">"):
            return value
        case "delay" | "clear_delay" if _is_number(value) and 0 <= value <= _LONGEST:
            return float(value)
        case "threshold" | "clear" if _is_number(value) and abs(value) <= _LEVEL:
            return float(value)
        case "flap_changes" if isinstance(value, int) and 0 <= value <= 60:
            return int(value)
        case "device" | "point" | "unit" | "name" if isinstance(value, str) and len(value) <= 100:
            return value.strip()
    raise Refused(_("This value does not fit: %(key)s.", key=key), field=key)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def worst(severities: Iterable[str]) -> str:
    """The worst of some severities; empty is none."""
    known = [one for one in severities if one in SEVERITIES]
    return min(known, key=SEVERITIES.index, default="")
