"""How an order in a room gets from state to state. Pure.

`queued` → `sent` → `accepted` → `progress`, as far as the room tells; then, for good, what the room
says: `done`, `failed`, `rejected` or `expired`. Where it says nothing: `expired` if it was never
sent, `unanswered` if it was, and `cancelled` if somebody thought better of it. A room that answers
after all is right, and not the fleet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

STATES: Final = (
    "queued",
    "sent",
    "accepted",
    "progress",
    "done",
    "failed",
    "rejected",
    "expired",
    "unanswered",
    "cancelled",
)
OPEN: Final = frozenset({"queued", "sent", "accepted", "progress"})
UNDER_WAY: Final = frozenset({"sent", "accepted", "progress"})
TRY_AGAIN: Final = frozenset({"failed", "expired", "unanswered", "rejected"})
GRACE: Final = timedelta(seconds=30)
"""How long after its deadline an answer may be on its way."""

_FINAL: Final = frozenset({"done", "failed", "rejected", "expired"})
_RANK: Final = {
    "accepted": 1,
    "progress": 2,
    "expired": 3,
    "rejected": 4,
    "failed": 5,
    "done": 6,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A room's reply: `at` and `seq` are the room's."""

    phase: str
    at: datetime
    seq: int
    why: str = ""
    result: dict[str, Any] | None = None


def later(one: Said | None, other: Said) -> Said:
    """Which of two replies to one order holds; whatever order they come in, the same is left."""
    if one is None:
        return other
    return max(one, other, key=_weight)


def settled(state: str, said: str) -> str:
    """The state of an order that stood in `state`, given the phase of the reply that holds."""
    if said in _FINAL or state in OPEN:
        return said
    # Too late, and no last word yet: that it was heard of shows that it was sent.
    return "unanswered" if state == "expired" else state


def _weight(said: Said) -> tuple[int, datetime, int, str, str]:
    return (_RANK[said.phase], said.at, said.seq, said.why, repr(said.result))
