"""The OpenAPI document: what FastAPI knows of the routes, and what all of them have in common.

Each error has one form, `{"error": {"message", "fields"}}`, whoever answers with it: a service, a
gate, the guard against other sites, or FastAPI itself. So it is described once, here.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

_TEXT = {"type": "string"}
ERROR: dict[str, Any] = {
    "title": "Error",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "fields"],
            "properties": {
                "message": {**_TEXT, "description": "For a person, in the request's language."},
                "fields": {
                    "type": "array",
                    "description": "The inputs that are wrong, where there are any.",
                    "items": {
                        "type": "object",
                        "required": ["field", "message"],
                        "properties": {"field": _TEXT, "message": _TEXT},
                    },
                },
            },
        }
    },
}
_ALWAYS = {
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in, or the token is not valid.",
    HTTPStatus.FORBIDDEN: "You may not do that here, or another site sent this request.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or you may not see it.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address cannot be used that way.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in it is wrong; the text says what.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; wait.",
}
_WRITING = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    HTTPStatus.CONFLICT: "It contradicts what is already there.",
}
_MEDIA = {
    HTTPStatus.PARTIAL_CONTENT: "The part that was asked for.",
    HTTPStatus.NOT_MODIFIED: "It is still the same.",
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}


def describe(app: FastAPI) -> None:
    """Let the application's document say what every route has in common. Comes after routers."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(plain())
        assert app.openapi_schema is not None  # noqa: S101 - FastAPI keeps what it made
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Error"] = ERROR
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _answers(path, method, operation["responses"])


def _answers(path: str, method: str, answers: dict[str, Any]) -> None:
    if path.startswith("/health"):
        return
    for status, what in _ALWAYS.items():
        answers[str(status.value)] = _error(what)
    if method not in ("get", "head"):
        for status, what in _WRITING.items():
            answers[str(status.value)] = _error(what)
    if path.startswith("/media/"):
        answers["200"] = {"description": "The file.", "content": {"*/*": _BYTES}}
        for status, what in _MEDIA.items():
            answers[str(status.value)] = {"description": what}
        answers["206"]["content"] = {"*/*": _BYTES}
        answers["416"] = {"description": "There is no such part.", "content": {"*/*": _BYTES}}


def _error(what: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": what, "content": content}
