"""Settings and their values in the language of the reader, and as forms give them."""

from typing import Any

from fleet.errors import Refused
from fleet.orgs import defaults
from fleet.web.language import LANGUAGES
from fleet.web.language import gettext as _


def key(name: str) -> str:
    """What a setting is."""
    return {
        "upload": _("Limit of uploads, bytes a second"),
        "language": _("Language of the touch page"),
        "report_seconds": _("Seconds between reports of readings"),
        "quiet_minutes": _("Minutes after the last lesson until the room goes off"),
        "record_timetable": _("Record the lessons of the timetable"),
    }.get(name, name)


def keys() -> list[tuple[str, str]]:
    """All settings, as a choice."""
    return [(name, key(name)) for name in defaults.KEYS]


def value(name: str, given: Any) -> str:
    """A value as people read it."""
    if name == "upload":
        limit = (given or {}).get("bytes_per_second")
        return _("No limit") if limit is None else str(limit)
    if given is None:
        return _("As the room has it")
    if name == "language":
        return LANGUAGES.get(str(given), str(given))
    if name == "record_timetable":
        return _("Yes") if given else _("No")
    return str(given)


def state(name: str) -> tuple[str, str]:
    """How a setting of a room stands, and its colour."""
    return {
        "converged": (_("As wanted"), "good"),
        "differing": (_("Not as wanted"), "bad"),
        "pending": (_("On its way"), "warn"),
        "refused": (_("Refused by the room"), "bad"),
        "unsupported": (_("The room cannot do that"), "warn"),
    }[name]


def typed(name: str, text: str) -> Any:
    """The value that a form's text means; empty leaves it to the room, or is no limit.

    Raises:
        Refused: it means none; `field` is `value`.
    """
    text = text.strip()
    if name == "upload":
        return {"bytes_per_second": _number(text) if text else None}
    if not text:
        return None
    if name == "record_timetable":
        if text not in ("yes", "no"):
            raise Refused(_("Say yes or no."), field="value")
        return text == "yes"
    return text if name == "language" else _number(text)


def untyped(name: str, given: Any) -> str:
    """The text of a form that means a value."""
    if name == "upload":
        given = (given or {}).get("bytes_per_second")
    if isinstance(given, bool):
        return "yes" if given else "no"
    return "" if given is None else str(given)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise Refused(_("Write a whole number."), field="value")
    return int(text)
