"""What goes over the wire to metric stores, and recorded answers of those that are not packaged.

InfluxDB 2 and 3 were not run: their answers are written down from their documentation. What
could be run is tested in `tests/fleet/telemetry`.
"""

import gzip
import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet.adapters import influx_lines
from fleet.adapters.influx import InfluxStore, VictoriaStore, open_store
from fleet.adapters.influx_flux import FluxReader
from fleet.adapters.influx_http import Place, judge
from fleet.adapters.influx_influxql import InfluxqlReader
from fleet.adapters.influx_promql import PromReader
from fleet.adapters.influx_write import ClientWriter
from fleet.telemetry.ports import (
    Group,
    Point,
    Range,
    ReadingsRefused,
    SeriesKey,
    StoreDown,
    StoreRefused,
)
from tests.servers.certificates import Authority
from tests.servers.child import Children
from tests.servers.ports import free_port
from tests.servers.victoriametrics import Missing, VictoriaMetrics

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SERIES = SeriesKey("room 1", "pc", "cpu")
HOUR = Range(NOON, NOON + timedelta(hours=1), 1800, "mean")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NO_SESSION: Any = None


def point(device: str = "pc", value: float = 1.5, seconds: float = 0.0) -> Point:
    return Point("room 1", device, "cpu", NOON + timedelta(seconds=seconds), value, "%", "unit=1")


def test_a_line() -> None:
    assert influx_lines.encode([point()]) == (
        rb"lectern,device=pc,point=cpu,room=room\ 1,site=unit\=1,unit=% value=1.5 "
        b"1772452800000000000"
    )


@given(NAMES)
def test_a_name_is_a_tag_and_comes_back(name: str) -> None:
    tag = influx_lines.tag(name)

    assert influx_lines.name(tag) == name
    assert tag
    assert not any(c in tag for c in "\n\r\t\\\0")


@given(NAMES, NAMES)
def test_two_names_are_two_tags(one: str, other: str) -> None:
    assert (influx_lines.tag(one) == influx_lines.tag(other)) == (one == other)


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    directory = tmp_path_factory.mktemp("victoria")
    children = Children(directory)
    try:
        yield VictoriaMetrics(children, directory)
    except Missing as missing:
        pytest.skip(f"not installed: {missing}")
    finally:
        children.close()


@example(device="a\u0085b", name="a\u2028b", room="a\u2029b", value=1.0)  # lines to some
@given(device=NAMES, name=NAMES, room=NAMES, value=st.integers(-(10**9), 10**9).map(float))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_goes_through_victoriametrics_and_comes_back(
    victoria: VictoriaMetrics, device: str, name: str, room: str, value: float
) -> None:
    store = open_store("victoriametrics", Place(victoria.url))
    room = f"{room}-{uuid.uuid4()}"
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    sent = Point(room, device, name, at, value, "°C", "site")

    store.write(NO_SESSION, [sent])
    store.write(NO_SESSION, [sent])
    victoria.flush()

    assert store.last(NO_SESSION, room) == [sent]
    key = SeriesKey(room, device, name)
    hour = Range(at, at + timedelta(hours=1), 60, "count")
    assert [count for _, count in store.range(NO_SESSION, key, hour)] == [1.0]
    assert store.missing([sent]) == []


def test_what_is_new_is_found_though_it_is_seconds_old(victoria: VictoriaMetrics) -> None:
    store = open_store("victoriametrics", Place(victoria.url))
    now = datetime.now(UTC).replace(microsecond=0)
    sent = Point("new room", "pc", "cpu", now, 7.0, "%", "site")
    store.write(NO_SESSION, [sent])
    victoria.flush()

    assert store.last(NO_SESSION, "new room") == [sent]
    asked = Range(now, now + timedelta(seconds=60), 60, "last")
    found = store.range(NO_SESSION, SeriesKey("new room", "pc", "cpu"), asked)
    assert [value for _, value in found] == [7.0]


def test_the_store_is_asked_over_tls_by_the_authority_that_is_given(
    children: Children, authority: Authority, tmp_path: Path
) -> None:
    try:
        server = VictoriaMetrics(children, tmp_path, authority.server())
    except Missing as missing:
        pytest.skip(f"not installed: {missing}")
    sent = Point("room", "pc", "cpu", datetime.now(UTC).replace(microsecond=0), 7.0, "%", "site")

    trusting = open_store("victoriametrics", Place(server.url, authorities=authority.ca))
    trusting.send([sent])
    assert trusting.missing([sent]) == []

    wary = open_store("victoriametrics", Place(server.url))
    with pytest.raises(StoreDown):
        wary.send([sent])
    with pytest.raises(StoreDown):
        wary.last(NO_SESSION, "room")


class Fake:
    """A server that writes down requests and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204
        self.answer = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.asked.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.answer)))
                self.end_headers()
                self.wfile.write(outer.answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    return file


@pytest.mark.parametrize("kind", ["influx2", "influx3"])
def test_lines_are_posted_as_influxdb_2_documents_it(fake: Fake, secret: Path, kind: Any) -> None:
    store = open_store(kind, Place(fake.url, "readings", "un", secret))

    store.send([point(value=1.0), point(value=1.0), point(value=2.0, seconds=1)])

    (path, headers, body), *more = fake.asked
    assert more == []
    assert urlsplit(path).path == "/api/v2/write"
    assert parse_qs(urlsplit(path).query) == {
        "bucket": ["readings"], "org": ["un"], "precision": ["ns"]
    }  # fmt: skip
    assert headers["Authorization"] == "Token s3cret"
    assert (
        body.splitlines()
        == influx_lines.encode([point(value=1.0), point(value=2.0, seconds=1)]).splitlines()
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, StoreDown),
        (503, StoreDown),
        (429, StoreDown),
        (400, ReadingsRefused),
        (413, ReadingsRefused),
        (401, StoreRefused),
        (404, StoreRefused),
    ],
)
def test_what_a_refusal_means(
    fake: Fake, secret: Path, status: int, error: type[Exception]
) -> None:
    fake.status, fake.answer = status, b'{"code":"x","message":"so it is"}'

    with pytest.raises(error, match="so it is") as raised:
        ClientWriter(Place(fake.url, token_file=secret)).write(b"x value=1 1")

    assert type(raised.value) is error
    assert "s3cret" not in str(raised.value)
    assert len(fake.asked) == 1  # nothing is tried again behind our back


def test_nobody_there_is_a_store_that_is_down(secret: Path) -> None:
    with pytest.raises(StoreDown, match="no answer"):
        ClientWriter(Place(f"http://127.0.0.1:{free_port()}", token_file=secret)).write(b"x")


def test_a_token_that_cannot_be_read_is_told_without_it(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="metric_token_file"):
        open_store("influx2", Place("http://127.0.0.1:1", token_file=tmp_path / "none"))


class Recorded(httpx.MockTransport):
    """Answers from a list; keeps what was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)
        super().__init__(self._next)

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answers.pop(0)


# As https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/ shows it.
CSV = """\
,result,table,_start,_stop,_time,_value\r
,_result,0,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,2026-03-02T12:00:00Z,4.5\r
,_result,0,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,2026-03-02T12:30:00Z,7\r
\r
"""
CSV_LAST = """\
,result,table,_start,_stop,_time,_value,_field,_measurement,device,point,room,site,unit\r
,_result,0,1970-01-01T00:00:00Z,2026-03-03T00:00:00Z,2026-03-02T12:00:00.25Z,4,value,lectern,pc,\
"a,b",room 1,u,%\r
,_result,1,1970-01-01T00:00:00Z,2026-03-03T00:00:00Z,2026-03-02T12:00:01Z,5,value,lectern,~,cpu,\
room 1,u,%\r
\r
"""


def flux(secret: Path, *answers: str) -> tuple[InfluxStore, Recorded]:
    recorded = Recorded(*(httpx.Response(200, text=text) for text in answers))
    place = Place("http://influx", "our bucket", "un", secret)
    return InfluxStore(ClientWriter(place), FluxReader(place, recorded)), recorded


def test_flux_in_and_csv_out(secret: Path) -> None:
    store, recorded = flux(secret, CSV)

    found = store.range(NO_SESSION, SERIES, HOUR)

    assert found == [(NOON, 4.5), (NOON + timedelta(minutes=30), 7.0)]
    asked = recorded.asked[0]
    assert asked.url.path == "/api/v2/query"
    assert asked.url.params["org"] == "un"
    assert asked.headers["Authorization"] == "Token s3cret"
    assert asked.headers["Content-Type"] == "application/vnd.flux"
    assert asked.content.decode() == (
        'from(bucket: "our bucket") |> range(start: 2026-03-02T12:00:00.000000Z, '
        "stop: 2026-03-02T13:00:00.000000Z) |> filter(fn: (r) => "
        'r._measurement == "lectern" and r._field == "value" and (r.room == "room 1") '
        'and (r.device == "pc") and (r.point == "cpu")) |> group() '
        '|> sort(columns: ["_time"]) |> aggregateWindow(every: 1800s, fn: mean, '
        'createEmpty: false, timeSrc: "_start")'
    )


def test_flux_newest_and_groups(secret: Path) -> None:
    store, recorded = flux(secret, CSV_LAST, CSV, "\r\n")

    assert store.last(NO_SESSION, "room 1") == [
        Point("room 1", "", "cpu", NOON + timedelta(seconds=1), 5.0, "%"),
        Point("room 1", "pc", "a,b", NOON + timedelta(seconds=0.25), 4.0, "%"),
    ]
    groups = [Group("ke", ("ke", 'uo"n')), Group("mn", ("mn",))]
    found = store.grouped(NO_SESSION, "cpu", groups, HOUR)
    assert found == {"ke": [(NOON, 4.5), (NOON + timedelta(minutes=30), 7.0)], "mn": []}
    assert r'(r.site == "ke" or r.site == "uo\"n")' in recorded.asked[1].content.decode()


def test_names_cannot_break_out_of_flux(secret: Path) -> None:
    store, recorded = flux(secret, "")

    store.range(NO_SESSION, SeriesKey('a"b', "${1 + 1}", "c\\"), HOUR)

    text = recorded.asked[0].content.decode()
    assert r'r.room == "a\"b"' in text
    assert r'r.device == "\${1 + 1}"' in text
    assert 'r.point == "c~5C"' in text


def test_an_error_in_the_middle_of_csv_is_an_error(secret: Path) -> None:
    store, _ = flux(secret, "error,reference\r\nFailed to parse query,897\r\n")

    with pytest.raises(StoreRefused):
        store.range(NO_SESSION, SERIES, HOUR)


# As https://docs.influxdata.com/influxdb3/core/api/v3/ shows /api/v3/query_influxql.
V3_ROWS = [
    {"iox::measurement": "lectern", "time": "2026-03-02T12:00:00", "found": 4.5},
    {"iox::measurement": "lectern", "time": "2026-03-02T12:30:00Z", "found": 7},
]


def test_influxdb_3_is_asked_in_influxql(secret: Path) -> None:
    recorded = Recorded(httpx.Response(200, json=V3_ROWS))
    place = Place("http://influx", "lectern", "", secret)
    store = InfluxStore(ClientWriter(place), InfluxqlReader(place, 3, recorded))

    found = store.range(NO_SESSION, SeriesKey("it's", "pc", "cpu"), HOUR)

    assert found == [(NOON, 4.5), (NOON + timedelta(minutes=30), 7.0)]
    asked = recorded.asked[0]
    assert asked.url.path == "/api/v3/query_influxql"
    assert asked.headers["Authorization"] == "Bearer s3cret"
    assert json.loads(asked.content) == {
        "db": "lectern",
        "format": "json",
        "q": 'SELECT mean("value") AS "found" FROM "lectern" WHERE ("room" = \'it\\\'s\') '
        "AND (\"device\" = 'pc') AND (\"point\" = 'cpu') AND time >= 1772452800s "
        "AND time < 1772456400s GROUP BY time(1800s) fill(none)",
    }


def test_a_part_of_a_cluster_that_is_down_is_not_taken_for_no_readings() -> None:
    answer = {"status": "success", "isPartial": True, "data": {"result": []}}
    place = Place("http://victoria")
    reader = PromReader(place, Recorded(httpx.Response(200, json=answer)))

    with pytest.raises(StoreDown):
        VictoriaStore(ClientWriter(place), reader).range(NO_SESSION, SERIES, HOUR)


def test_something_else_at_the_address_is_told() -> None:
    place = Place("http://elsewhere")
    for reader in (
        PromReader(place, Recorded(httpx.Response(200, text="<html>"))),
        InfluxqlReader(place, 1, Recorded(httpx.Response(200, text="<html>"))),
    ):
        with pytest.raises(StoreRefused):
            InfluxStore(ClientWriter(place), reader).range(NO_SESSION, SERIES, HOUR)


def test_good_answers_are_good() -> None:
    assert judge(204, "") is None  # type: ignore[func-returns-value]
