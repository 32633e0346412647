"""Notices reach a real mail server and a real web server, however often those fail."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fleet.adapters import webhook
from fleet.adapters.smtp import MailServer, Smtp
from fleet.adapters.webhook import WebhookPost
from fleet.db import Database
from fleet.errors import Refused
from fleet.notices import rules, service
from fleet.notices.delivery import Delivery
from fleet.notices.models import Notice
from fleet.notices.ports import Channel, Outgoing, Undelivered
from tests.servers.certificates import Authority
from tests.servers.smtp import PASSWORD, USER, MailServerOfTest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A web server that verifies with the standard's own library and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[str, object]] = []
        self.forged: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                try:
                    payload = Webhook(SECRET).verify(body, dict(self.headers.items()))
                    outer.got.append((self.headers["webhook-id"], payload))
                except WebhookVerificationError as error:
                    outer.forged.append(str(error))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}/hook?of=test"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[tuple[MailServerOfTest, Smtp]]:
    authority = Authority(tmp_path / "ca")
    pair = authority.server()
    server = MailServerOfTest(pair.certificate, pair.key)
    server.start()
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    settings = MailServer(
        "localhost",
        server.port,
        "starttls",
        "Lectern <lectern@example.org>",
        USER,
        tmp_path / "password",
        authority.ca,
    )
    yield server, Smtp(settings)
    server.stop()


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, span: timedelta) -> None:
        self.now += span


def post(database: Database, url: str, clock: Callable[[], datetime], once: str = "") -> str:
    with database.write() as session:
        return service.queue(
            session,
            channel="webhook",
            destination=url,
            body=json.dumps({"type": "test", "données": "é"}),
            secret=SECRET,
            cause="test:1",
            now=clock(),
            once=once,
        )


def row(database: Database, notice_id: str) -> Notice:
    with database.read() as session:
        return session.get_one(Notice, notice_id)


def deliver(database: Database, name: str, channel: Channel, clock: Clock) -> int:
    return asyncio.run(Delivery(database, name, channel, days=3, now=clock).once())


def test_a_webhook_is_signed_and_tried_until_it_is_taken(
    database: Database, receiver: Receiver
) -> None:
    clock, channel = Clock(), WebhookPost(private=True)
    receiver.answers = [500, 302, 204]
    notice = post(database, receiver.url, clock)

    for tries in (1, 2):
        assert deliver(database, "webhook", channel, clock) == 1
        assert deliver(database, "webhook", channel, clock) == 0, "not at once again"
        assert (row(database, notice).state, row(database, notice).tries) == ("waiting", tries)
        clock.later(rules.LONGEST_PAUSE)
    assert deliver(database, "webhook", channel, clock) == 1

    assert receiver.got == [(notice, {"type": "test", "données": "é"})] * 3
    assert receiver.forged == []
    kept = row(database, notice)
    assert (kept.state, kept.tries, kept.secret) == ("sent", 3, "")


def test_a_receiver_that_is_gone_is_not_asked_again(database: Database, receiver: Receiver) -> None:
    clock = Clock()
    receiver.answers = [410]
    notice = post(database, receiver.url, clock)

    deliver(database, "webhook", WebhookPost(private=True), clock)

    assert (row(database, notice).state, row(database, notice).why) == (
        "failed",
        "the receiver answered 410",
    )


def test_what_nobody_takes_is_given_up_and_shown(database: Database) -> None:
    clock = Clock()
    notice = post(database, "http://127.0.0.1:9/", clock)
    channel = WebhookPost(private=True)
    deliver(database, "webhook", channel, clock)
    clock.later(timedelta(days=3))
    deliver(database, "webhook", channel, clock)

    with database.read() as session:
        assert [one.id for one in service.undelivered(session, ("",))] == [notice]
        assert service.counts(session) == {("webhook", "failed"): 1}


def test_without_a_worker_it_is_given_up_too(database: Database) -> None:
    clock = Clock()
    notice = post(database, "https://example.org/", clock)
    with database.write() as session:
        service.tidy(session, clock() + timedelta(days=2), days=3)
        assert service.undelivered(session, ("",)) == []
        service.tidy(session, clock() + timedelta(days=3), days=3)
        assert [one.id for one in service.undelivered(session, ("",))] == [notice]
        service.tidy(session, clock() + timedelta(days=100), days=3)
        assert service.of_cause(session, "test:1") == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/",
        "http://0.0.0.0/",
    ],
)
def test_nobody_posts_to_inner_addresses(database: Database, url: str) -> None:
    clock = Clock()
    notice = post(database, url, clock)

    deliver(database, "webhook", WebhookPost(), clock)

    assert row(database, notice).state == "failed"
    assert "inner network" in row(database, notice).why


@pytest.mark.parametrize(
    "written", ["::ffff:{}", "64:ff9b::{}", "2002:{}::1"], ids=["mapped", "NAT64", "6to4"]
)
@pytest.mark.parametrize(
    ("inside", "is_public"),
    [
        ("93.184.216.34", True),
        ("10.1.2.3", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
    ],
)
def test_an_address_within_an_address_is_the_one_that_counts(
    written: str, inside: str, is_public: bool
) -> None:
    """Where only IPv6 is, a resolver gives a public name an address by way of NAT64."""
    high, low = divmod(int(IPv4Address(inside)), 0x10000)
    assert webhook.public(written.format(f"{high:x}:{low:x}")) is is_public


@pytest.mark.parametrize(
    "address",
    [
        "224.0.0.1",
        "ff0e::1",
        "64:ff9b:1::5db8:d822",  # NAT64 of an inner network
        "2001:0:5db8:d822:8000:63bf:f5fe:fdfc",  # Teredo to 10.1.2.3
        "::10.1.2.3",
        "fec0::1",
        "fd00::1",
        "fe80::1",
    ],
)
def test_other_addresses_are_not_public(address: str) -> None:
    assert not webhook.public(address)


def test_public_addresses_are_public() -> None:
    assert webhook.public("93.184.216.34")
    assert webhook.public("2606:2800:220:1::1")


def test_a_receiver_that_never_answers_is_left(database: Database) -> None:
    clock = Clock()

    async def silent() -> None:
        async def hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await reader.read()

        async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            post(database, f"http://127.0.0.1:{port}/", clock)
            channel = WebhookPost(private=True, seconds=0.2)
            await Delivery(database, "webhook", channel, days=3, now=clock).once()

    asyncio.run(silent())
    with database.read() as session:
        (found,) = session.scalars(select(Notice))
        assert (found.state, found.why) == ("waiting", "no answer within 0.2 s")


def test_one_cause_is_told_once(database: Database) -> None:
    clock = Clock()
    first = post(database, "https://example.org/", clock, once="a")
    assert post(database, "https://example.org/", clock, once="a") == first
    assert post(database, "https://example.org/", clock) != first


@pytest.mark.parametrize("where", ["", "ftp://example.org/", "https://", "example.org"])
def test_a_destination_that_is_none_is_refused(migrated: Database, where: str) -> None:
    with pytest.raises(Refused):
        post(migrated, where, Clock())


def test_a_worker_killed_after_sending_sends_the_same_again(
    tmp_path: Path, migrated: Database, receiver: Receiver
) -> None:
    clock = Clock()
    notice = post(migrated, receiver.url, clock)
    url = str(migrated.engine.url)
    sent = tmp_path / "sent"
    child = [sys.executable, "-m", "tests.fleet.notices.killed", url, str(sent)]
    assert subprocess.run(child, timeout=60).returncode == -9
    assert sent.read_text().split() == [notice]

    assert deliver(migrated, "webhook", WebhookPost(private=True), clock) == 0, "leased"
    clock.later(rules.LEASE)
    clock.later(timedelta(seconds=30))
    deliver(migrated, "webhook", WebhookPost(private=True), clock)

    assert [one for one, _ in receiver.got] == [notice]


def mail(database: Database, to: str, clock: Clock, language: str = "fr") -> str:
    with database.write() as session:
        return service.queue(
            session,
            channel="smtp",
            destination=to,
            subject="Salle éteinte\r\nBcc: thief@example.org",
            body="Bonjour, la salle est éteinte.\n",
            html="<p>Bonjour</p>",
            language=language,
            cause="test:1",
            now=clock(),
        )


def test_a_mail_goes_over_tls_and_says_that_a_program_wrote_it(
    database: Database, mails: tuple[MailServerOfTest, Smtp]
) -> None:
    server, channel = mails
    clock = Clock()
    notice = mail(database, "ana@example.org", clock)

    deliver(database, "smtp", channel, clock)

    (message,) = server.box.mails
    assert server.box.secure == [True]
    assert message["Message-ID"] == f"<{notice}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["Subject"] == "Salle éteinte Bcc: thief@example.org"
    assert message["Bcc"] is None
    text, html = message.iter_parts()
    assert "éteinte" in text.get_content()
    assert html.get_content_type() == "text/html"
    assert row(database, notice).state == "sent"


def test_a_mail_server_that_is_down_or_busy_delays_and_loses_nothing(
    database: Database, mails: tuple[MailServerOfTest, Smtp]
) -> None:
    server, channel = mails
    clock = Clock()
    notice = mail(database, "ana@example.org", clock)
    server.stop()
    deliver(database, "smtp", channel, clock)
    server.start()
    server.box.refuse = "451 4.3.0 later"
    clock.later(rules.LONGEST_PAUSE)
    deliver(database, "smtp", channel, clock)
    assert "451" in row(database, notice).why
    server.box.refuse = ""
    clock.later(rules.LONGEST_PAUSE)
    deliver(database, "smtp", channel, clock)

    assert len(server.box.mails) == 1
    assert row(database, notice).tries == 3


def test_a_mailbox_that_does_not_exist_is_not_tried_again(
    database: Database, mails: tuple[MailServerOfTest, Smtp]
) -> None:
    server, channel = mails
    clock = Clock()
    server.box.unknown.add("gone@example.org")
    notice = mail(database, "gone@example.org", clock)

    deliver(database, "smtp", channel, clock)

    assert row(database, notice).state == "failed"
    assert "nobody of that name" in row(database, notice).why


def test_a_server_that_nobody_vouches_for_gets_no_password(
    mails: tuple[MailServerOfTest, Smtp], tmp_path: Path
) -> None:
    server, _ = mails
    other = Authority(tmp_path / "other").ca
    settings = MailServer(
        "localhost", server.port, "starttls", "a@example.org", USER, tmp_path / "password", other
    )
    notice = Outgoing("1", "ana@example.org", "s", "b", "", "en", "")
    with pytest.raises(Undelivered, match="certificate"):
        asyncio.run(Smtp(settings).send(notice))
    wrong = MailServer(
        "localhost", server.port, "starttls", "a@example.org", USER, tmp_path / "no", other
    )
    with pytest.raises(Undelivered):
        asyncio.run(Smtp(wrong).send(notice))
    assert server.box.mails == []
