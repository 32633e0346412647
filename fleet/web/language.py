"""Which language a page speaks: `?lang=`, then the cookie, then `Accept-Language`, then English."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http.cookies import SimpleCookie
from typing import Protocol
from urllib.parse import parse_qs

from babel import Locale, negotiate_locale
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.web import cookies
from fleet.web.catalogues import translations

LANGUAGES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
"""The six UN languages, each under its own name."""

_RIGHT_TO_LEFT = frozenset({"ar"})
_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """The language of the request being answered."""
    return _current.get()


def direction() -> str:
    """`rtl` or `ltr`, for the page's `dir`."""
    return "rtl" if current() in _RIGHT_TO_LEFT else "ltr"


def locale() -> Locale:
    """Babel's locale of the request being answered, for dates and numbers."""
    return _locale(current())


class NamedUnit(Protocol):
    """A unit of the organisation, as far as its name goes; `iso2` is empty if it is no country."""

    @property
    def kind(self) -> str:
        """`country`, or another."""

    @property
    def name(self) -> str:
        """As staff gave it."""

    @property
    def iso2(self) -> str:
        """Two letters, of any case."""


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


def unit_name(unit: "NamedUnit") -> str:
    """What a unit is called: a country or region in the reader's language, by CLDR.

    One that staff have given another name than its English one keeps it.
    """
    if current() == "en":
        return unit.name
    code = ""
    if unit.kind == "country" and unit.iso2:
        code = unit.iso2.upper()
        code = code if _locale("en").territories.get(code) == unit.name else ""
    elif unit.kind == "region":
        if unit.name == _UNNAMED:
            return gettext(_UNNAMED)
        code = _regions().get(unit.name, "")
    return locale().territories.get(code) or unit.name


_UNNAMED = "Region"
"""As the unit above all is called until staff give it a name: see `orgs.service.root`."""
_ALSO = {
    "North Africa": "015",
    "East Africa": "014",
    "West Africa": "011",
    "Central Africa": "017",
    "East Asia": "030",
    "South Asia": "034",
    "West Asia": "145",
}
"""Names that are more usual than CLDR's English ones."""


@cache
def _regions() -> dict[str, str]:
    """The numbers that the UN and CLDR give regions of the world, by English names."""
    found = _locale("en").territories.items()
    return {name: code for code, name in found if code.isdecimal()} | _ALSO


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak another language until the block ends: mails have no request to say which."""
    before = _current.set(code if code in LANGUAGES else "en")
    try:
        yield
    finally:
        _current.reset(before)


def gettext(text: str, /, **values: object) -> str:
    """`text` in the language of the request; `values` fill `%(name)s` places."""
    translated = translations(current()).gettext(text)
    return translated % values if values else translated


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """As `gettext`, in the plural form that the language has for `count`."""
    return translations(current()).ngettext(one, many, count) % {"count": count, **values}


def choose(query: str, cookie: str | None, accept: str) -> str:
    """The language for a request with this query string, cookie and Accept-Language header."""
    asked = parse_qs(query).get("lang", [""])[0]
    for wish in (asked, cookie or ""):
        if wish in LANGUAGES:
            return wish
    wishes = [part.partition(";") for part in accept.split(",")]
    ordered = sorted(wishes, key=lambda wish: -_quality(wish[2]))
    names = [name.strip().replace("-", "_") for name, _sep, _q in ordered]
    return negotiate_locale(names, list(LANGUAGES)) or "en"


def _quality(parameters: str) -> float:
    try:
        return float(parameters.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


class LanguageChoice:
    """ASGI middleware: sets the language of the request; `?lang=` is remembered in a cookie."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the chosen language."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        kept = cookies.read(scope, cookies.LANGUAGE)
        chosen = choose(query, kept, Headers(scope=scope).get("accept-language", ""))
        remember = "lang=" in query and chosen != kept
        _current.set(chosen)

        async def speaking(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["content-language"] = chosen
                    headers.add_vary_header("Accept-Language, Cookie")
                if remember:
                    headers.append("set-cookie", self._cookie(chosen))
            await send(message)

        await self.app(scope, receive, speaking)

    def _cookie(self, language: str) -> str:
        jar: SimpleCookie = SimpleCookie({cookies.LANGUAGE: language})
        morsel = jar[cookies.LANGUAGE]
        morsel.update({"path": "/", "max-age": "31536000", "samesite": "Lax"})
        morsel["secure"] = self.secure
        return morsel.OutputString()
