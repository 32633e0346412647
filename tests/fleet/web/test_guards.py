"""What protects a browser: CSRF, headers, and errors that tell nothing they should not."""

import asyncio

import pytest
from fastapi import APIRouter
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from starlette.types import Message

from fleet.web.headers import CONTENT_SECURITY_POLICY
from tests.fleet.web.application import Application, csrf_token

NEW_COURSE = {"title": "Soil science"}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://lectern.test.evil.example"},
        {"x-csrf-token": "0" * 128},
        {"x-csrf-token": "not hexadecimal"},
        {"x-csrf-token": ""},
    ],
)
def test_requests_of_other_sites_are_refused(
    application: Application, headers: dict[str, str]
) -> None:
    client = application.signed_in()
    answer = client.post("/api/v1/courses", json=NEW_COURSE, headers=headers)
    assert answer.status_code == 403
    assert client.get("/api/v1/courses").json() == []
    client.post("/sign-out", headers=headers)
    assert client.get("/staff").status_code == 200


@pytest.mark.parametrize("other", ['settings={"wide": true}', "no name", "=", "a=b@c d"])
def test_cookies_of_others_do_not_take_the_guard_away(application: Application, other: str) -> None:
    client = application.signed_in()
    del client.headers["x-csrf-token"]
    own = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    client.cookies.clear()
    headers = {"cookie": f"{other}; {own}"}
    assert client.get("/staff", headers=headers).status_code == 200
    answer = client.post("/api/v1/courses", json=NEW_COURSE, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["application/json", "Multipart/form-data; boundary=b"])
def test_a_stranger_cannot_make_us_read_without_end(application: Application, kind: str) -> None:
    read = 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal read
        read += 1 << 20
        more = read < 64 << 20
        return {"type": "http.request", "body": b" " * (1 << 20), "more_body": more}

    async def send(message: Message) -> None:
        sent.append(message)

    path = "/api/v1/courses" if "json" in kind else "/sign-in"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", kind.encode())],
    }
    asyncio.run(application.app(scope, receive, send))
    assert sent[0]["status"] in (400, 401)
    assert read <= 10 << 20


@pytest.mark.parametrize("name", ["origin", "referer"])
def test_an_address_that_is_none_is_no_bug(application: Application, name: str) -> None:
    client = application.signed_in()
    answer = client.post("/sign-out", headers={name: "https://[", "x-csrf-token": "no"})
    assert answer.status_code == 403


def test_our_own_requests_pass(application: Application) -> None:
    client = application.signed_in()
    own = {"sec-fetch-site": "same-origin", "origin": "https://lectern.test"}
    assert client.post("/api/v1/courses", json=NEW_COURSE, headers=own).status_code == 201


def test_a_form_carries_its_token_in_a_field(application: Application) -> None:
    client = application.signed_in()
    token = client.headers.pop("x-csrf-token")
    assert client.post("/sign-out", data={"csrf_token": "no"}).status_code == 403
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_a_huge_form_is_refused_early(application: Application) -> None:
    client = application.signed_in()
    del client.headers["x-csrf-token"]
    answer = client.post("/sign-out", data={"filler": "x" * 100_000})
    assert answer.status_code == 422


def test_each_page_masks_its_token_anew(application: Application) -> None:
    client = application.signed_in()
    one, other = (csrf_token(client.get("/staff").text) for _ in range(2))
    assert one != other
    for token in (one, other):
        answer = client.post("/api/v1/courses", json=NEW_COURSE, headers={"x-csrf-token": token})
        assert answer.status_code == 201


def test_media_is_never_compressed_and_pages_are(application: Application) -> None:
    @application.app.get("/media/file.mp4")
    @application.app.get("/long")
    def long() -> HTMLResponse:
        return HTMLResponse("a" * 5000)

    client = application.client()
    assert "content-encoding" not in client.get("/media/file.mp4").headers
    assert client.get("/long").headers["content-encoding"] == "gzip"


def test_another_sessions_token_does_not_fit(application: Application) -> None:
    one, other = application.signed_in(), application.signed_in()
    stolen = {"x-csrf-token": other.headers["x-csrf-token"]}
    assert one.post("/api/v1/courses", json=NEW_COURSE, headers=stolen).status_code == 403


def test_signing_in_from_another_site_is_refused(application: Application) -> None:
    data = {"email": "a@example.org", "password": "x"}
    answer = application.client().post(
        "/sign-in", data=data, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/nowhere", "/api/v1/session", "/static/lectern.css"]
)
def test_every_answer_has_the_security_headers(application: Application, path: str) -> None:
    headers = application.client().get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("path", ["/staff", "/api/v1/session", "/api/v1/rooms"])
def test_nothing_seen_signed_in_is_kept_by_the_browser(application: Application, path: str) -> None:
    """Not what programs read either: a browser shows that, too."""
    answer = application.signed_in().get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


def test_errors_name_the_field(application: Application) -> None:
    client = application.signed_in()
    body = client.post("/api/v1/courses", json={"title": "", "publish": "maybe"})
    assert body.status_code == 422
    fields = {one["field"] for one in body.json()["error"]["fields"]}
    assert fields == {"title", "publish"}
    client.post("/api/v1/courses", json={"title": "One", "slug": "one"})
    again = client.post("/api/v1/courses", json={"title": "Two", "slug": "one"})
    assert again.status_code == 409
    assert again.json()["error"]["fields"][0]["field"] == "slug"


def test_a_bug_says_nothing_of_the_inside(application: Application) -> None:
    router = APIRouter()

    @router.get("/broken")
    @router.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("canary of the inside")

    application.app.include_router(router)
    client = TestClient(application.app, raise_server_exceptions=False)
    for path in ("/broken", "/api/broken"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "canary" not in answer.text
        assert "written to the log" in answer.text
        assert "content-security-policy" in answer.headers


def test_pages_for_people_and_json_for_programs(application: Application) -> None:
    client = application.client()
    page, data = client.get("/nowhere"), client.get("/api/v1/nowhere")
    assert page.status_code == data.status_code == 404
    assert "<h1>That did not work</h1>" in page.text
    assert data.json()["error"]["fields"] == []
    assert 'href="/sign-in"' in page.text
    known = application.signed_in("viewer").get("/nowhere").text
    assert 'href="/sign-in"' not in known
    assert known.count('href="/staff"') == 2, "in the header and to go back"
