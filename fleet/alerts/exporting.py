"""Alarms as CSV that a spreadsheet opens, and in which it runs nothing."""

import csv as csv_writer
import io
from collections.abc import Iterable

from fleet.alerts import texts
from fleet.alerts.service import Shown
from fleet.web.spreadsheet import cell

HEAD = (
    "alarm", "severity", "state", "rule", "what", "unit", "room", "subject", "value",
    "since", "fired", "acknowledged", "over",
)  # fmt: skip


def csv(found: Iterable[Shown]) -> str:
    """The whole file, with the byte order mark by which spreadsheets know UTF-8; times are UTC."""
    out = io.StringIO()
    writer = csv_writer.writer(out)
    writer.writerow(HEAD)
    for one in found:
        alarm = one.alarm
        times = (alarm.since, alarm.fired_at, alarm.acknowledged_at, alarm.resolved_at)
        values = (
            alarm.id, alarm.severity, "masked" if alarm.masked_by else alarm.state, alarm.rule,
            texts.what(alarm.text, alarm.subject, alarm.what), one.unit, one.room, alarm.subject,
            alarm.value,
            *(at.isoformat(timespec="seconds") if at else "" for at in times),
        )  # fmt: skip
        writer.writerow(map(cell, values))
    return "\ufeff" + out.getvalue()
