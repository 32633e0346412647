"""Mails of alarms as a real mail server gets them."""

import asyncio
from pathlib import Path

import pytest

from contract import messages as m
from fleet.adapters.smtp import MailServer, Smtp
from fleet.db import Database
from fleet.notices.delivery import Delivery
from tests.fleet.alerts.test_telling import FAN, OVER, Told
from tests.servers.certificates import Authority
from tests.servers.smtp import PASSWORD, USER, MailServerOfTest


@pytest.mark.parametrize(
    ("speaks", "over"),
    [
        ("en", "Over: "),
        ("fr", "Terminée : "),
        ("es", "Terminada: "),
        ("ru", "Устранено: "),
        ("zh", "已结束："),
        ("ar", "انتهى: "),
    ],
)
def test_the_end_of_an_alarm_arrives_in_the_institutions_language(
    database: Database, tmp_path: Path, speaks: str, over: str
) -> None:
    told = Told(database)
    told.speak(told.uon, speaks)
    told.person("ana", told.uon, "immediate", "warning")
    said: tuple[m.Payload, ...] = (FAN, OVER)
    for payload in said:
        told.house.say("Lab", payload)
        told.house.later(1)
        told.tell()

    authority = Authority(tmp_path / "ca")
    pair = authority.server()
    server = MailServerOfTest(pair.certificate, pair.key)
    server.start()
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    settings = MailServer(
        "localhost", server.port, "starttls", "Lectern <lectern@example.org>", USER,
        tmp_path / "password", authority.ca,
    )  # fmt: skip
    try:
        delivery = Delivery(database, "smtp", Smtp(settings), days=3, now=lambda: told.house.now)
        assert asyncio.run(delivery.once()) == 2
    finally:
        server.stop()

    (mail,) = [one for one in server.box.mails if one["Subject"].startswith(over)]
    assert (mail["To"], mail["Content-Language"]) == ("ana@example.org", speaks)
    text, html = mail.iter_parts()
    assert "/staff/alarms/" in text.get_content()
    assert f'lang="{speaks}"' in html.get_content()
