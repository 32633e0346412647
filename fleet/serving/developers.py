"""Pages for those who write programs: the JSON routes, the messages of rooms, the events.

They are made of the same documents that programs read, and open to everybody: nothing in them is
about this fleet's data. Each page holds one part, so that none weighs more than a page may.
"""

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from contract import asyncapi
from fleet.errors import NotFound
from fleet.serving import shapes
from fleet.web.language import gettext as _
from fleet.web.render import page
from fleet.webhooks import schemas as webhooks

router = APIRouter(prefix="/developers", include_in_schema=False)


@cache
def _messages() -> dict[str, Any]:
    return asyncapi.document()


@router.get("")
def index(request: Request) -> Response:
    """Where everything is."""
    return page(
        "developers/index.html",
        scope=request.scope,
        tags=_tags(request.app.openapi()),
        channels=sorted(_messages()["channels"]),
        events=list(webhooks.EVENTS),
    )


@router.get("/asyncapi.json")
def messages_document() -> Response:
    """The AsyncAPI document of what rooms and fleet say to each other."""
    return JSONResponse(_messages())


@router.get("/events.json")
def events_document() -> Response:
    """JSON Schemas of what webhooks are posted, by the event's name."""
    return JSONResponse({name: webhooks.schema_of(name) for name in webhooks.EVENTS})


@router.get("/api")
def api(request: Request) -> Response:
    """What JSON routes have in common, and their groups."""
    document = request.app.openapi()
    known = document["components"]["schemas"]
    return page(
        "developers/api.html",
        scope=request.scope,
        tags=_tags(document),
        error=shapes.rows(known["Error"], known),
    )


@router.get("/api/{tag}")
def api_group(request: Request, tag: str) -> Response:
    """The JSON routes of a group."""
    document = request.app.openapi()
    if tag not in _tags(document):
        raise NotFound(_("There is no such group of routes."))
    known = document["components"]["schemas"]
    routes = [
        _route(method, path, operation, known)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if tag in operation.get("tags", ())
    ]
    return page("developers/routes.html", scope=request.scope, tag=tag, routes=routes)


@router.get("/messages")
def messages(request: Request) -> Response:
    """The channels between rooms and fleet."""
    document = _messages()
    known = document["components"]["schemas"]
    return page(
        "developers/messages.html",
        scope=request.scope,
        about=document["info"]["description"],
        channels=document["channels"],
        envelope=shapes.rows(known["CloudEvent"], known),
    )


@router.get("/messages/{channel}")
def channel_messages(request: Request, channel: str) -> Response:
    """The messages of a channel."""
    document = _messages()
    found = document["channels"].get(channel)
    if found is None:
        raise NotFound(_("There is no such channel."))
    known = document["components"]["schemas"]
    told = [(name, _payload(message, known)) for name, message in sorted(found["messages"].items())]
    return page(
        "developers/channel.html",
        scope=request.scope,
        title=channel,
        channel=found,
        action=document["operations"][channel]["action"],
        messages=[(name, shapes.rows(payload, known)) for name, payload in told],
    )


@router.get("/events")
def events(request: Request) -> Response:
    """What webhooks are told."""
    return page(
        "developers/events.html",
        scope=request.scope,
        prefix=webhooks.TYPE_PREFIX,
        events=[
            (name, kind.when, shapes.rows(webhooks.schema_of(name)["properties"]["data"], {}))
            for name, kind in webhooks.EVENTS.items()
        ],
    )


def _tags(document: dict[str, Any]) -> list[str]:
    found = {
        tag
        for operations in document["paths"].values()
        for operation in operations.values()
        for tag in operation.get("tags", ())
    }
    return sorted(found)


def _payload(message: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What a message says; of one in an envelope, what is in its `data`."""
    payload: dict[str, Any] = message["payload"]
    for part in payload.get("allOf", ()):
        if "data" in part.get("properties", {}):
            data: dict[str, Any] = part["properties"]["data"]
            return data
    return payload


def _route(
    method: str, path: str, operation: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    answers = operation["responses"]
    return {
        "method": method.upper(),
        "path": path,
        "about": operation.get("description") or operation.get("summary", ""),
        "parameters": [
            shapes.Row(
                one["name"],
                f"{one['in']}: {shapes.type_of(one.get('schema', {}), known)}",
                bool(one.get("required")),
                one.get("description", ""),
            )
            for one in operation.get("parameters", ())
            if one["in"] != "cookie"
        ],
        "body": [row for one in body.values() for row in shapes.rows(one["schema"], known)],
        "answers": {
            status: shapes.type_of(content["schema"], known)
            for status, answer in answers.items()
            if status.startswith("2")
            for content in answer.get("content", {}).values()
        },
        "returned": [
            row
            for status, answer in answers.items()
            if status.startswith("2")
            for content in answer.get("content", {}).values()
            for row in shapes.rows(content["schema"], known)
        ],
        "errors": sorted(status for status in answers if status[0] in "45"),
    }
