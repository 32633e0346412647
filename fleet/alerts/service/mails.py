"""Mails about alarms, in the language that is spoken at the moment: plain text, and simple HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.alerts import texts
from fleet.alerts.service.look import Shown
from fleet.web.language import gettext as _
from fleet.web.render import letter

_MOST = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's subject and its two bodies."""

    subject: str
    text: str
    html: str


def alarms(found: Sequence[Shown], *, url: str) -> Mail:
    """What has just begun to fire."""
    first = found[0]
    title = texts.title(first.alarm.text, first.alarm.rule)
    where = first.room or first.alarm.subject or first.unit
    if len(found) == 1:
        subject = f"{texts.severity(first.alarm.severity)}: {title} · {where}"
    else:
        subject = _("%(count)s alarms: %(first)s and others", count=len(found), first=title)
    return _made("alarm", subject, found=found[:_MOST], more=max(0, len(found) - _MOST), url=url)


def over(found: Sequence[Shown], *, url: str) -> Mail:
    """What was mailed when it began and does not fire any more."""
    first = found[0]
    title = texts.title(first.alarm.text, first.alarm.rule)
    if len(found) == 1:
        where = first.room or first.alarm.subject or first.unit
        subject = _("Over: %(what)s", what=f"{title} · {where}")
    else:
        subject = _("%(count)s alarms over: %(first)s and others", count=len(found), first=title)
    return _made("over", subject, found=found[:_MOST], more=max(0, len(found) - _MOST), url=url)


def digest(
    unit: str, standings: Mapping[str, int], lessons: tuple[int, int], found: Sequence[Shown], *,
    how: str, zone: str, url: str,
) -> Mail:  # fmt: skip
    """How a unit stands, and what was wrong in the day or week. `lessons`: all, and recorded."""
    subject = (
        _("%(unit)s: the last day", unit=unit)
        if how == "daily"
        else _("%(unit)s: the last week", unit=unit)
    )
    return _made(
        "digest",
        subject,
        unit=unit,
        standings=standings,
        lessons=lessons[0],
        recorded=lessons[1],
        found=found[:_MOST],
        more=max(0, len(found) - _MOST),
        zone=zone,
        url=url,
    )


def _made(name: str, subject: str, **values: object) -> Mail:
    given = {**values, "say": texts, "subject": subject}
    return Mail(
        subject,
        letter(f"alarms/mail/{name}.txt", **given),
        letter(f"alarms/mail/{name}.html", **given),
    )
