"""Answers to what went wrong: a sentence, as JSON for the page's script or as a page."""

import logging

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from edge_agent.panel import render
from edge_agent.panel.headers import SECURITY
from edge_agent.panel.language import gettext as _

log = logging.getLogger(__name__)


def answer(scope: Scope, error: HTTPException) -> Response:
    """The response for a refusal whose `detail` is a sentence."""
    response = _said(scope, error.status_code, error.detail)
    response.headers.update(error.headers or {})
    return response


def refused(request: Request, error: Exception) -> Response:
    """Handler of `HTTPException`, also of those the framework raises."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    sentences = {
        404: _("There is no such page."),
        405: _("This page cannot be used that way."),
    }
    if not isinstance(error, Sentence):
        error.detail = sentences.get(error.status_code, error.detail)
    return answer(request.scope, error)


def bug(request: Request, error: Exception) -> Response:
    """Handler of everything nobody has thought of."""
    log.error("unanswered %s %s", request.method, request.url.path, exc_info=error)
    sentence = _("Something went wrong on our side. It has been written to the log; try again.")
    response = _said(request.scope, 500, sentence)
    response.headers.update(SECURITY)  # this answer is made outside of the middleware
    return response


class Sentence(HTTPException):
    """A refusal in words of ours, translated already."""


def wants_json(scope: Scope) -> bool:
    """Whether the page's script asks, and not a form without it."""
    return "application/json" in Headers(scope=scope).get("accept", "")


def _said(scope: Scope, status: int, sentence: str) -> Response:
    if wants_json(scope):
        return JSONResponse({"ok": False, "why": sentence}, status)
    return render.page("error.html", status, sentence=sentence)
