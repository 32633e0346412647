"""Whatever is sent to a JSON route, its answer is in the OpenAPI document, and is no failure.

Schemathesis makes the requests, right ones and wrong ones, from the document itself.
"""

import json
import time
import warnings
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from tests.fleet.web.application import Application, application
from tests.fleet.web.lessons import add_lesson, add_take, publish

__all__ = ["application"]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SECONDS = 20.0
"""For each visitor; what has not been tried by then is tried with fewer examples."""
NASTY = [
    "a\x00b",
    "\ud800",
    "%00",
    "..",
    "x" * 5000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0000-00-00",
    "24:61",
    "9" * 40,
    "-1",
    10**30,
    -(2**63) - 1,
    2**31,
    1e308,
    None,
    [],
    {},
    True,
    "\u202e\u0000\r\nX-Forged: 1",
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def stranger(application: Application) -> TestClient:
    return application.client()


def secretary(application: Application) -> TestClient:
    client = application.signed_in()
    lesson = add_lesson(application)
    add_take(application, lesson)
    publish(application, lesson, "published")
    return client


@pytest.mark.timeout(300)
@pytest.mark.parametrize("visitor", [stranger, secretary])
def test_every_answer_is_documented_and_no_failure(
    visitor: Callable[[Application], TestClient], application: Application
) -> None:
    client = visitor(application)
    client.raise_server_exceptions = False  # type: ignore[attr-defined]
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    document = application.app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    found: dict[str, str] = {}
    began = time.monotonic()
    for number, operation in enumerate(operations):
        left = max(0.0, SECONDS - (time.monotonic() - began)) / (len(operations) - number)
        for way, cases in _ways(operation).items():
            if way != "nasty" and application.db.engine.dialect.name == "postgresql":
                continue  # a database bears less or more only of what is nasty
            try:
                _try(cases, client, left / 3)
            except Unsatisfiable:
                continue  # nothing of this route can be wrong in this way
            except (Exception, FailureGroup) as problem:  # noqa: BLE001 - all are told together
                found[f"{operation.label} {way}"] = _told(problem)
    assert not found, "\n".join(f"{where}: {what}" for where, what in found.items())


def _ways(operation: APIOperation) -> dict[str, SearchStrategy[Case]]:
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in MODES)
    return {"right": right, "wrong": wrong, "nasty": st.builds(_spoilt, right, st.data())}


def _spoilt(case: Case, data: st.DataObject) -> Case:
    """One value of a right request is replaced by what databases and calendars do not bear."""
    spots = [
        (place, key)
        for place in (case.body, case.query, case.path_parameters)
        if isinstance(place, dict)
        for key in place
    ]
    assume(spots)
    place, key = data.draw(st.sampled_from(spots))
    nasty = NASTY if place is case.body else [one for one in NASTY if isinstance(one, str)]
    value = data.draw(st.sampled_from(nasty))
    place[key] = quote(value, errors="surrogatepass") if place is case.path_parameters else value
    # A new case: what schemathesis noted of the right one it would judge again, and it cannot
    # bear everything that is sent here.
    return case.operation.Case(
        method=case.method,
        path_parameters=case.path_parameters,
        headers=case.headers,
        query=case.query,
        body=case.body,
        media_type=case.media_type,
    )


def _try(cases: SearchStrategy[Case], client: TestClient, seconds: float) -> None:
    """Try some examples in the time that there is; at least five.

    A failure is tried again to tell it, whatever the time: passed over, it would only be called
    unreliable.
    """
    until = time.monotonic() + seconds
    tried = 0
    failed = False

    @seed(1)
    @given(case=cases)
    @settings(
        max_examples=20,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def judge(case: Case) -> None:
        nonlocal tried, failed
        if not failed and tried >= 5 and time.monotonic() > until:
            return
        tried += 1
        try:
            _send(case, client)
        except BaseException:
            failed = True
            raise

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge()


def _send(case: Case, client: TestClient) -> None:
    url = case.formatted_path
    headers = {str(key): str(value) for key, value in dict(case.headers or {}).items()}
    wanted: dict[str, object] = {"params": case.query} if case.query else {}
    if not isinstance(case.body, NotSet):
        headers["content-type"] = case.media_type or "application/json"
        body = case.body
        wanted["content"] = body if isinstance(body, bytes) else json.dumps(body)
    try:
        answer = client.request(case.method, url, headers=headers, **wanted)  # type: ignore[arg-type]
    except (UnicodeEncodeError, httpx.InvalidURL):
        return  # what a client cannot send
    case.validate_response(answer, checks=CHECKS)


def _told(problem: BaseException) -> str:
    text = str(problem) or type(problem).__name__
    return text[:1500]


def test_an_answer_that_is_not_documented_is_found(application: Application) -> None:
    """The check above can fail."""
    document = application.app.openapi()
    answers = document["paths"]["/api/v1/session"]["get"]["responses"]
    known = answers.pop("401")
    schema = schemathesis.openapi.from_dict(document)
    try:
        with pytest.raises(FailureGroup) as found:
            _try(schema["/api/v1/session"]["GET"].as_strategy(), application.client(), 1.0)
        assert [type(one).__name__ for one in found.value.exceptions] == ["UndefinedStatusCode"]
    finally:
        answers["401"] = known
