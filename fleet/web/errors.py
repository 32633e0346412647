"""Answers to errors: JSON for programs, a page for people, each saying what to do next."""

import logging
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from fleet.errors import FleetError, Refused, Unauthorised
from fleet.web import render
from fleet.web.headers import SECURITY
from fleet.web.language import gettext as _

log = logging.getLogger(__name__)
_PROGRAMS = ("/api/", "/uploads", "/health", "/media/", "/metrics")


def install(app: FastAPI) -> None:
    """Register the handlers on an application."""
    app.add_exception_handler(FleetError, _fleet_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


def answer(scope: Scope, error: FleetError) -> Response:
    """The response for an error of ours."""
    path: str = scope["path"]
    if _for_programs(path):
        fields = [{"field": error.field, "message": error.message}] if error.field else []
        return _json(error.status, error.message, fields)
    if isinstance(error, Unauthorised) and scope["method"] in ("GET", "HEAD"):
        query = scope["query_string"].decode("latin-1")
        target = quote(path + (f"?{query}" if query else ""), safe="/")
        return RedirectResponse(f"/sign-in?next={target}", HTTPStatus.SEE_OTHER)
    return render.page(
        "error.html",
        status=error.status,
        scope=scope,
        message=error.message,
        back=_own_path(scope),
    )


def _for_programs(path: str) -> bool:
    return path.startswith(_PROGRAMS)


def _json(status: int, message: str, fields: list[dict[str, str]]) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "fields": fields}}, status)


def _fleet_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FleetError)  # noqa: S101 - what it is registered for
    return answer(request.scope, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = [
        {"field": ".".join(str(part) for part in found["loc"][1:]), "message": found["msg"]}
        for found in error.errors()
    ]
    text = "; ".join(f"{one['field']}: {one['message']}" for one in fields)
    if _for_programs(request.url.path):
        return _json(HTTPStatus.UNPROCESSABLE_ENTITY, text, fields)
    return answer(request.scope, Refused(text))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if _for_programs(request.url.path):
        response: Response = _json(error.status_code, str(error.detail), [])
    else:
        message = {
            404: _("There is no such page."),
            405: _("This page cannot be used that way."),
        }.get(error.status_code, str(error.detail))
        response = render.page(
            "error.html", status=error.status_code, scope=request.scope, message=message, back="/"
        )
    response.headers.update(error.headers or {})
    return response


def _bug(request: Request, error: Exception) -> Response:
    log.error("unanswered %s %s", request.method, request.url.path, exc_info=error)
    message = _("Something went wrong on our side. It has been written to the log; try again.")
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    response: Response
    if _for_programs(request.url.path):
        response = _json(status, message, [])
    else:
        response = render.page(
            "error.html", status=status, scope=request.scope, message=message, back="/"
        )
    response.headers.update(SECURITY)  # this answer is made outside of the middleware
    return response


def _own_path(scope: Scope) -> str:
    """Where "go back" leads: the page the form was on, if it was one of ours."""
    referer = next((value for key, value in scope["headers"] if key == b"referer"), b"")
    host = next((value for key, value in scope["headers"] if key == b"host"), b"")
    try:
        parts = urlsplit(referer.decode("latin-1"))
    except ValueError:  # brackets that hold no address
        return "/"
    return parts.path if parts.path and parts.netloc == host.decode("latin-1") else "/"
