"""Filling templates in the language of the request."""

from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    get_datetime_format,
    get_day_names,
    get_timezone_gmt,
)
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.types import Scope

from fleet import traces
from fleet.web import cookies, csrf_token, language, static
from fleet.web.catalogues import translations

Width = Literal["full", "medium"]

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,  # no look at three files a page whether they are new
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


def page(name: str, *, scope: Scope, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page.

    Args:
        name: the template's file name below `templates/`.
        scope: the request's ASGI scope; says who is signed in and which language to speak.
        status: the HTTP status.
        values: what the template shows.
    """
    secure = scope["app"].state.web.secure
    secret = cookies.read(scope, cookies.session_cookie(secure))
    text = _environment.get_template(name).render(
        csrf=csrf_token.token_for(secret) if secret else "",
        signed=scope.get("state", {}).get("signed"),
        path=scope["path"],
        request_id=traces.request_id.get(),
        here=_languages(scope),
        language=language.current(),
        direction=language.direction(),
        **values,
    )
    return HTMLResponse(text, status)


def fragment(name: str, **values: Any) -> str:
    """A part of a page, as HTML in the language of the request."""
    return _environment.get_template(name).render(**values)


def letter(name: str, **values: Any) -> str:
    """A mail in the language spoken at the moment. What is called `.txt` is plain text."""
    template = (_plain if name.endswith(".txt") else _environment).get_template(name)
    return template.render(language=language.current(), direction=language.direction(), **values)


def _languages(scope: Scope) -> list[tuple[str, str, str]]:
    """This page in each language: code, the language's own name, address."""
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([pair for pair in asked if pair[0] != "lang"])
    before = f"?{rest}&" if rest else "?"
    return [(code, name, f"{before}lang={code}") for code, name in language.LANGUAGES.items()]


def clock(at: datetime, zone: str = "UTC") -> str:
    """The local time of day."""
    local = at.astimezone(ZoneInfo(zone))
    return format_time(local, "short", tzinfo=ZoneInfo(zone), locale=language.locale())


def moment(at: datetime, zone: str = "UTC", width: Width = "medium") -> str:
    """The local date and time of day; `full` writes the date out, with its weekday."""
    here = language.locale()
    words = _date_and_time(width, here.language)
    on = format_date(at.astimezone(ZoneInfo(zone)), width, locale=here)
    return words.replace("{1}", on).replace("{0}", clock(at, zone))


def clock_there(at: datetime, zone: str) -> str:
    """`clock`, and by which clock: for pages with the times of several zones."""
    return f"{clock(at, zone)} {_offset(at, zone)}"


def moment_there(at: datetime, zone: str) -> str:
    """`moment`, and by which clock: for pages with the times of several zones."""
    return f"{moment(at, zone)} {_offset(at, zone)}"


def _offset(at: datetime, zone: str) -> str:
    """Such as GMT+05:45."""
    return get_timezone_gmt(at.astimezone(ZoneInfo(zone)), locale=language.locale())


@cache
def _date_and_time(width: Width, code: str) -> str:
    return str(get_datetime_format(width, locale=code)).replace("'", "")


def duration(seconds: float) -> str:
    """Hours, minutes and seconds as players write them: 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def weekdays() -> list[tuple[int, str]]:
    """Numbers (0 is Monday) and names of the days of the week."""
    return sorted(get_day_names("wide", locale=language.locale()).items())


def short_date(on: date) -> str:
    """A date without a time."""
    return format_date(on, "medium", locale=language.locale())


def month_name(on: date) -> str:
    """A month and its year."""
    return format_skeleton("yMMMM", on, locale=language.locale())


def number(value: float) -> str:
    """A number with at most one decimal, and with the separators of the language."""
    return format_decimal(value, "#,##0.#", locale=language.locale())


def percent(share: float) -> str:
    """A share of 1 as a whole percentage."""
    return format_percent(share, locale=language.locale())


def wall_clock(at: time) -> str:
    """A time of day without a date."""
    return format_time(at, "short", locale=language.locale())


def size(count: int) -> str:
    """A number of bytes, in megabytes of 10^6 as data plans count."""
    return f"{format_decimal(max(count / 1e6, 0.1), '#,##0.#', locale=language.locale())} MB"


def amount(value: float, unit: str | None) -> str:
    """A reading with its unit; many bytes as kB, MB, GB, TB of 10^3 each."""
    if unit == "B":
        for power, prefix in enumerate("kMGT", 1):
            if abs(value) >= 1000**power and (abs(value) < 1000 ** (power + 1) or prefix == "T"):
                return f"{number(value / 1000**power)}\N{NO-BREAK SPACE}{prefix}B"
    return f"{number(value)}\N{NO-BREAK SPACE}{unit}" if unit else number(value)


def span(seconds: float) -> str:
    """How long something lasts, in the largest unit that needs no fraction: 2 min, 1 day."""
    for long, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= long and not seconds % long:
            return format_unit(
                seconds / long, f"duration-{unit}", "short", locale=language.locale()
            )
    return format_unit(seconds, "duration-second", "short", locale=language.locale())


_environment.globals.update(static=static.address, vendored=static.vendored)
_environment.filters.update(
    amount=amount,
    clock=clock,
    clock_there=clock_there,
    date=short_date,
    duration=duration,
    moment=moment,
    moment_there=moment_there,
    month_name=month_name,
    number=number,
    percent=percent,
    size=size,
    span=span,
    unit_name=language.unit_name,
    wall_clock=wall_clock,
    zip=zip,
)
_plain = _environment.overlay(autoescape=False)
"""The same for plain text: nothing in it is markup, so nothing is escaped."""
