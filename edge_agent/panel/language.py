"""Which language the page speaks: `?lang=`, then the cookie, then the fleet's, then the room's."""

from collections.abc import Callable
from contextvars import ContextVar
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from babel import Locale
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_agent.panel.catalogues import translations

LANGUAGES = {
    "ar": "العربية",
    "zh": "中文",
    "en": "English",
    "fr": "Français",
    "ru": "Русский",
    "es": "Español",
}
"""The six UN languages, each under its own name."""

COOKIE = "lectern-panel-language"
_RIGHT_TO_LEFT = frozenset({"ar"})
_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """The language of the request being answered."""
    return _current.get()


def direction() -> str:
    """`rtl` or `ltr`, for the page's `dir`."""
    return "rtl" if current() in _RIGHT_TO_LEFT else "ltr"


def locale() -> Locale:
    """Babel's locale of the request being answered, for times and numbers."""
    return Locale.parse(current())


def gettext(text: str, /, **values: object) -> str:
    """`text` in the language of the request; `values` fill `%(name)s` places."""
    translated = translations(current()).gettext(text)
    return translated % values if values else translated


def choose(query: str, cookie: str | None, default: str) -> str:
    """The language for a request with this query string and cookie."""
    asked = parse_qs(query).get("lang", [""])[0]
    return next((wish for wish in (asked, cookie) if wish in LANGUAGES), default)


class LanguageChoice:
    """ASGI middleware: sets the language of the request; `?lang=` is remembered in a cookie."""

    def __init__(self, app: ASGIApp, default: Callable[[], str]) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the chosen language."""
        query = scope["query_string"].decode("latin-1")
        kept = HTTPConnection(scope).cookies.get(COOKIE)
        chosen = choose(query, kept, self.default())
        remember = "lang=" in query and chosen != kept
        _current.set(chosen)

        async def speaking(message: Message) -> None:
            if remember and message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", _cookie(chosen))
            await send(message)

        await self.app(scope, receive, speaking)


def _cookie(language: str) -> str:
    jar: SimpleCookie = SimpleCookie({COOKIE: language})
    jar[COOKIE].update({"path": "/", "max-age": "31536000", "samesite": "Lax"})
    jar[COOKIE]["httponly"] = True
    return jar[COOKIE].OutputString()
