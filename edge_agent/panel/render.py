"""Filling templates in the language of the request."""

from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from babel.dates import format_time
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from edge_agent.panel import language, screen, static
from edge_agent.panel.catalogues import translations
from edge_agent.panel.language import gettext as _
from edge_agent.panel.reasons import sentence
from edge_agent.ports.touch import RoomView
from edge_agent.room.alarm_texts import TEXTS

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_environment.policies["ext.i18n.trimmed"] = True
_environment.install_gettext_callables(  # type: ignore[attr-defined]
    # Jinja fills in the values itself.
    lambda text: translations(language.current()).gettext(text),
    lambda one, many, count: translations(language.current()).ngettext(one, many, count),
    newstyle=True,
)


def page(template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(text(template, **values), status)


def text(template: str, /, **values: Any) -> str:
    """A filled template."""
    return _environment.get_template(template).render(
        language=language.current(),
        direction=language.direction(),
        languages=language.LANGUAGES,
        **values,
    )


def room(view: RoomView, **values: Any) -> dict[str, Any]:
    """What the templates show of the room, on the page and in each event of its stream."""
    return {
        "view": view,
        "running": screen.running(view),
        "devices": screen.devices(view),
        "names": {source.track: source.name for source in view.sources},
        **values,
    }


def reason(why: str) -> str:
    """The reason for what became of a touch, in words."""
    said = language.gettext(sentence(why)) if why else ""
    return said[:1].upper() + said[1:]


def alarm(key: str, subject: str) -> tuple[str, str]:
    """What is wrong and what to do; an alarm without words of its own is called by its key."""
    what, todo = TEXTS.get(key, ("{subject}: " + key, ""))
    told = language.gettext(what).replace("{subject}", subject)
    return told[:1].upper() + told[1:], language.gettext(todo) if todo else ""


def clock(at: datetime, zone: tzinfo | None) -> str:
    """The time of day in the room; without a zone, in the PC's."""
    local = at.astimezone(zone)
    return format_time(local, "short", tzinfo=local.tzinfo, locale=language.locale())


def number(value: float) -> str:
    """A number, with at most one decimal."""
    return format_decimal(value, "#,##0.#", locale=language.locale())


def size(count: int) -> str:
    """A number of bytes, in megabytes of 10^6."""
    return _("%(count)s MB", count=number(max(count / 1e6, 0.1)))


_environment.globals.update(
    alarm=alarm,
    extensions=screen.EXTENSIONS,
    lengths=screen.LENGTHS,
    level=screen.level,
    offered=screen.OFFERED,
    most_presets=screen.MOST_PRESETS,
    progress_steps=screen.PROGRESS_STEPS,
    static=static.address,
    usual_length=screen.USUAL_LENGTH,
    version=static.version,
)
_environment.filters.update(
    clock=clock, input_name=screen.input_name, number=number, reason=reason, size=size
)
