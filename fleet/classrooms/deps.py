"""FastAPI parameters of routes that agents call."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from fleet.classrooms import tokens
from fleet.classrooms.identity import AgentIdentity
from fleet.db.requests import ReadSession
from fleet.errors import Unauthorised


def bearer_of(request: Request) -> str:
    """The token of a request.

    Raises:
        Unauthorised: it carries none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorised("send a token: Authorization: Bearer …")
    return token.strip()


def _current_agent(request: Request, session: ReadSession) -> AgentIdentity:
    leeway: float = request.app.state.settings.token_leeway_seconds
    return tokens.verify(session, bearer_of(request), datetime.now(UTC), leeway=leeway)


CurrentAgent = Annotated[AgentIdentity, Depends(_current_agent)]
"""The agent that signed the request's token; others get 401."""
