"""What a log line is about: the request, the room's message, or the work being done.

Context variables follow the code into threads, so that whoever logs needs to know nothing of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request being answered; also in the answer's X-Request-Id."""

work: ContextVar[str] = ContextVar("work", default="")
"""The workflow and its step."""


@dataclass(frozen=True, slots=True)
class MessageIds:
    """A room's message: who sent it, where in its outbox it stood, and its CloudEvents id."""

    agent: str
    epoch: str
    seq: int
    id: str


message: ContextVar[MessageIds | None] = ContextVar("message", default=None)
"""The message being handled."""


@contextmanager
def handling(ids: MessageIds) -> Iterator[None]:
    """What is logged inside is about this message."""
    token = message.set(ids)
    try:
        yield
    finally:
        message.reset(token)


@contextmanager
def working(name: str) -> Iterator[None]:
    """What is logged inside is about this work."""
    token = work.set(name)
    try:
        yield
    finally:
        work.reset(token)
