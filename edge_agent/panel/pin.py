"""The PIN that may guard the page: its file, the tries, and who has entered it."""

import asyncio
import hmac
import ipaddress
import logging
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.errors import BadConfiguration

log = logging.getLogger(__name__)

_DIGITS = re.compile(r"[0-9]{4,12}")
_LOOK_SECONDS = 0.5
_SESSION_SECONDS = 12 * 3600.0
_MOST_SESSIONS = 200
_FREE_TRIES = 5
_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 900.0


def read(path: Path) -> str:
    """The digits in a PIN file.

    Raises:
        BadConfiguration: it cannot be read, others may read it, or it holds no PIN.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"[panel] pin_file {path}: cannot be read: {error}") from error
    if os.name != "nt" and mode & 0o077:
        raise BadConfiguration(f"[panel] pin_file {path}: others may read it; chmod 600 {path}")
    if not _DIGITS.fullmatch(text):
        raise BadConfiguration(f"[panel] pin_file {path}: must hold 4 to 12 digits, nothing else")
    return text


@dataclass(slots=True)
class Tries:
    """How often in a row a wrong PIN was given, and until when no more is listened to."""

    wrong: int = 0
    closed_until: float = 0.0

    def failed(self, now: float) -> None:
        """One more; from the fifth on there is a pause after each, twice as long each time."""
        self.wrong += 1
        if self.wrong >= _FREE_TRIES:
            pause = _FIRST_PAUSE * 2.0 ** min(self.wrong - _FREE_TRIES, 10)
            self.closed_until = now + min(pause, _LONGEST_PAUSE)


@dataclass(slots=True)
class Pin:
    """Knows who may use the page. A change of the file ends every session.

    Guesses from the network share one count: many addresses guess no faster than one, and they
    cannot lock out whoever stands at the panel.

    Raises:
        BadConfiguration: from the start, the file cannot be used.
    """

    path: Path
    now: Callable[[], float] = time.monotonic
    _digits: str | None = field(default=None, repr=False)
    _looked: float = float("-inf")
    _sessions: dict[str, float] = field(default_factory=dict, repr=False)
    _tries: dict[bool, Tries] = field(default_factory=lambda: {True: Tries(), False: Tries()})

    def __post_init__(self) -> None:
        self._digits = read(self.path)

    async def refresh(self) -> None:
        """Look at the file, at most twice a second; without a readable one nobody gets in."""
        if self.now() - self._looked < _LOOK_SECONDS:
            return
        self._looked = self.now()
        try:
            digits = await asyncio.to_thread(read, self.path)
        except BadConfiguration as error:
            digits = None
            if self._digits is not None:
                log.warning("the touch page is closed: %s", error)
        if digits != self._digits:
            self._digits = digits
            self._sessions.clear()

    def knows(self, session: str | None) -> bool:
        """Whether a session was opened with the present PIN, and not too long ago."""
        return session is not None and self._sessions.get(session, 0.0) > self.now()

    def pause(self, client: str) -> float:
        """Seconds for which a client's tries are not listened to."""
        return max(0.0, self._tries[_here(client)].closed_until - self.now())

    def enter(self, digits: str, client: str) -> str | None:
        """A new session, or None when the PIN is wrong. Ask `pause` first."""
        tries = self._tries[_here(client)]
        if self._digits is None or not hmac.compare_digest(digits.encode(), self._digits.encode()):
            tries.failed(self.now())
            return None
        self._tries[_here(client)] = Tries()
        self._forget()
        session = secrets.token_urlsafe(32)
        self._sessions[session] = self.now() + _SESSION_SECONDS
        return session

    def leave(self, session: str | None) -> None:
        """End a session."""
        self._sessions.pop(session or "", None)

    def _forget(self) -> None:
        alive = {key: end for key, end in self._sessions.items() if end > self.now()}
        newest = sorted(alive, key=lambda key: alive[key])[-_MOST_SESSIONS:]
        self._sessions = {key: alive[key] for key in newest}


def _here(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False
