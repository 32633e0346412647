"""Pages that can be closed, and where a sign-in leads. Who may what: `test_rights_matrix`."""

from dataclasses import replace

import pytest
from fastapi import Request

from fleet.auth.deps import audience
from tests.fleet.web.application import PASSWORD, Application


def test_courses_can_be_closed_to_strangers(application: Application) -> None:
    application.app.state.web = replace(application.app.state.web, public_pages=False)
    client = application.client()
    assert client.get("/").status_code == 303
    assert client.get("/courses/any").headers["location"] == "/sign-in?next=/courses/any"
    assert client.get("/api/v1/courses").status_code == 401
    request = Request({"type": "http", "headers": [], "app": application.app})
    assert audience(request) == "stranger"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "//["]
)
def test_sign_in_never_leads_elsewhere(application: Application, target: str) -> None:
    application.add_user("a@example.org")
    answer = application.client().post(
        "/sign-in", data={"email": "a@example.org", "password": PASSWORD, "next": target}
    )
    assert answer.headers["location"] == "/staff"
