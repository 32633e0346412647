"""News for the alarms, as the folders below tell it. Cheap: a row, and nothing is decided here."""

from datetime import datetime
from typing import Any

from fleet.alerts import repository
from fleet.alerts.models import Signal
from fleet.db import Session

_NAME = 100


def tell(
    session: Session,
    rule: str,
    room_id: str,
    *,
    bad: bool,
    at: datetime,
    now: datetime,
    subject: str = "",
    **said: Any,
) -> None:
    """Something became bad, or good again; the next evaluation decides what that means.

    Args:
        session: the transaction in which it became true.
        rule: key of the rule.
        room_id: where.
        bad: which of the two.
        at: since when; a clock that runs ahead counts as `now`.
        now: UTC.
        subject: the device or track; empty is the room.
        said: what an alarm shows of it: `value`, `text`, `severity`, `what`, `todo`, `unit`.
    """
    row = Signal(
        rule=rule[:_NAME],
        room_id=room_id,
        subject=subject[:_NAME],
        bad=bad,
        at=min(at, now),
        said=said,
    )
    repository.add_signals(session, [row])
