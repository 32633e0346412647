"""Pages for developers: made of the documents, complete, light, open to everybody."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import asyncapi
from fleet.serving import shapes
from fleet.webhooks import schemas
from tests.fleet.web.application import Application

MOST_BYTES = 60_000


def pages(application: Application) -> dict[str, str]:
    """Every page below /developers, found by its links."""
    client = application.client()
    seen: dict[str, str] = {}
    waiting = ["/developers"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        answer = client.get(path)
        assert answer.status_code == 200, path
        seen[path] = answer.text
        waiting += re.findall(r'href="(/developers[^"]*|/openapi\.json)"', answer.text)
    return seen


def test_every_route_message_and_event_is_on_a_light_page(application: Application) -> None:
    found = pages(application)
    whole = "\n".join(found.values())

    for path, operations in application.app.openapi()["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in whole
    for channel in asyncapi.document()["channels"].values():
        for message in channel["messages"]:
            assert f"<code>{message}</code>" in whole
    for name in schemas.EVENTS:
        assert f"<code>{name}</code>" in whole
    heavy = {path: len(gzip.compress(text.encode())) for path, text in found.items()}
    assert {path: size for path, size in heavy.items() if size > MOST_BYTES} == {}
    assert len(found) > 20


@pytest.mark.parametrize("path", ["/developers/api/nothing", "/developers/messages/nothing"])
def test_what_is_not_there_is_not_there(application: Application, path: str) -> None:
    assert application.client().get(path).status_code == 404


def test_fields_of_fields_are_shown_with_their_limits() -> None:
    known = {"Point": {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}}}
    schema = {
        "type": "object",
        "required": ["at"],
        "properties": {
            "at": {"anyOf": [{"$ref": "#/x/Point"}, {"type": "null"}], "description": "Where."},
            "all": {"type": "array", "items": {"$ref": "#/x/Point"}},
            "kind": {"enum": ["a", "b"]},
            "one": {"const": "1.0"},
        },
    }

    assert [(row.name, row.type, row.required) for row in shapes.rows(schema, known)] == [
        ("at", "Point | null", True),
        ("at.x", "number, from 0", False),
        ("all", "array of Point", False),
        ("all.x", "number, from 0", False),
        ("kind", "a | b", False),
        ("one", "'1.0'", False),
    ]


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    known = {"Tree": {"type": "object", "properties": {"below": {"$ref": "#/x/Tree"}}}}

    assert len(shapes.rows(known["Tree"], known)) == 4


@given(st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_a_schema_that_says_nothing_has_no_fields(extra: object) -> None:
    assert shapes.rows({"x": extra}, {}) == []
