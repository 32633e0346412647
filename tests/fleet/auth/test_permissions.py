"""Default deny: every route but a short list needs somebody who is signed in and may."""

import re
from dataclasses import replace

import pytest
from fastapi import Request
from fastapi.routing import APIRoute

from fleet.auth.deps import audience
from tests.fleet.web.application import PASSWORD, Application

PUBLIC = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/welcome"),
    ("POST", "/welcome"),
    ("GET", "/courses/{slug}"),
    ("GET", "/lessons/{lesson_id}"),
    ("GET", "/api/v1/courses"),
    ("GET", "/api/v1/courses/{course_id}"),
    ("GET", "/api/v1/courses/{course_id}/lessons"),
    ("GET", "/api/v1/lessons/{lesson_id}"),
    ("GET", "/api/v1/lessons/{lesson_id}/stage"),
}


def _routes(application: Application) -> list[tuple[str, str]]:
    built_in = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}
    found = [
        (method, route.path)
        for route in _api_routes(application.app.routes)
        for method in route.methods
        if route.path not in built_in
    ]
    assert len(found) > len(PUBLIC)
    return sorted(found)


def _api_routes(routes: object) -> list[APIRoute]:
    found = []
    for route in routes:  # type: ignore[attr-defined]
        if isinstance(route, APIRoute):
            found.append(route)
        elif hasattr(route, "routes") and route.routes:
            found += _api_routes(route.routes)
        elif hasattr(route, "original_router"):
            found += _api_routes(route.original_router.routes)
    return found


def _filled(path: str) -> str:
    return re.sub(r"{\w+}", "11111111-1111-4111-8111-111111111111", path)


def test_strangers_are_sent_to_sign_in(application: Application) -> None:
    client = application.client()
    for method, path in _routes(application):
        if (method, path) in PUBLIC:
            continue
        answer = client.request(method, _filled(path))
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"]["message"] == "Sign in first."
        elif method == "GET":
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in?next=/staff")
        else:
            assert answer.status_code == 401, (method, path)


def test_public_routes_are_exactly_those_listed(application: Application) -> None:
    client = application.client()
    for method, path in _routes(application):
        if method == "GET" and (method, path) in PUBLIC:
            answer = client.get(_filled(path))
            assert answer.status_code in (200, 404), (method, path)


def test_a_viewer_sees_and_changes_nothing(application: Application) -> None:
    client = application.signed_in("viewer")
    for method, path in _routes(application):
        if (method, path) in PUBLIC or path == "/api/v1/session":
            continue
        status = client.request(method, _filled(path)).status_code
        if method == "GET":
            assert status in (200, 404), (method, path, status)
        else:
            assert status == 403, (method, path, status)


def test_courses_can_be_closed_to_strangers(application: Application) -> None:
    application.app.state.web = replace(application.app.state.web, public_pages=False)
    client = application.client()
    assert client.get("/").status_code == 303
    assert client.get("/courses/any").headers["location"] == "/sign-in?next=/courses/any"
    assert client.get("/api/v1/courses").status_code == 401
    request = Request({"type": "http", "headers": [], "app": application.app})
    assert audience(request) == "stranger"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_sign_in_never_leads_elsewhere(application: Application, target: str) -> None:
    application.add_user("a@example.org")
    answer = application.client().post(
        "/sign-in", data={"email": "a@example.org", "password": PASSWORD, "next": target}
    )
    assert answer.headers["location"] == "/staff"
