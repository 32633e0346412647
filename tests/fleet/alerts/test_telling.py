"""Who is told what, once, in their language, and not what somebody silenced."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from contract import messages as m
from fleet.alerts import service
from fleet.alerts.service import telling
from fleet.auth import service as auth
from fleet.auth.models import Grant, User
from fleet.db import Database, Session
from fleet.notices.models import Notice
from fleet.orgs.models import OrgUnit
from tests.fleet.alerts.house import House

URL = "https://lectern.test"
FAN = m.AlarmRaised(alarm="fan", subject="beamer", severity="warning", text="fan", what="Fan.")
OVER = m.AlarmCleared(alarm="fan", subject="beamer", seconds=60.0)


class Told:
    """A house with two sites, and people who want to be told."""

    def __init__(self, database: Database) -> None:
        self.house = House(database)
        self.house.unit("ke")
        self.uon = self.house.unit("uon", "ke", "institution")
        self.mku = self.house.unit("mku", "ke", "institution")
        self.house.room("Lab", "uon")
        self.house.room("Aula", "mku")

    def person(self, name: str, path: str, how: str, severity: str, language: str = "") -> str:
        with self.house.database.write() as session:
            user = auth.add_user(
                session, f"{name}@example.org", name, "viewer", path, now=self.house.now
            )
            session.get_one(User, user).language = language
            service.subscribe(
                session, user_id=user, path=path, how=how, severity=severity, now=self.house.now
            )
            return user

    def speak(self, path: str, language: str) -> None:
        with self.house.database.write() as session:
            session.scalars(select(OrgUnit).where(OrgUnit.path == path)).one().language = language

    def tell(self) -> None:
        with self.house.database.write() as session:
            telling.tell(session, self.house.now, URL)

    def digest(self) -> int:
        with self.house.database.write() as session:
            return telling.digest(session, self.house.now, URL)

    def mails(self) -> list[Notice]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Notice).order_by(Notice.made_at, Notice.id)))

    def alarm(self, session: Session) -> str:
        return next(one.id for one in self.house.alarms() if one.state == "firing")


@pytest.fixture
def told(database: Database) -> Told:
    return Told(database)


def test_each_is_told_once_of_what_they_asked_for(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    told.person("ben", told.mku, "immediate", "warning")
    told.person("cho", told.uon, "immediate", "critical")
    told.house.say("Lab", FAN)
    told.house.later(1)
    for _ in range(3):
        told.tell()

    (mail,) = told.mails()
    assert (mail.destination, mail.path) == ("ana@example.org", told.uon)
    assert mail.subject == "Warning: Fan at fault · Lab"
    assert f"{URL}/staff/alarms/" in mail.body
    assert "call the technician" in mail.body
    assert mail.cause.startswith("alarm:")
    assert "<html" in mail.html


def test_what_comes_together_is_one_mail(told: Told) -> None:
    told.person("ana", "", "immediate", "info")
    told.house.say("Lab", FAN)
    told.house.say("Aula", FAN)
    told.house.later(1)
    told.tell()
    (mail,) = told.mails()
    assert mail.subject == "2 alarms: Fan at fault and others"


def test_mails_speak_the_readers_language_and_turn_around(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning", "ar")
    told.speak(told.mku, "fr")
    told.person("ben", told.mku, "immediate", "warning")
    told.house.say("Lab", FAN)
    told.house.say("Aula", FAN)
    told.house.later(1)
    told.tell()
    mails = {one.destination[:3]: one for one in told.mails()}
    assert 'dir="rtl"' in mails["ana"].html
    assert (mails["ana"].language, mails["ben"].language) == ("ar", "fr")
    assert 'lang="fr" dir="ltr"' in mails["ben"].html


def test_what_is_silenced_is_told_when_that_is_over_and_it_is_not(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    told.house.say("Lab", FAN)
    told.house.later(1)
    with told.house.database.write() as session:
        until = told.house.now + timedelta(hours=1)
        service.silence(session, told.alarm(session), until=until, by="ben", now=told.house.now)
    told.tell()
    assert told.mails() == []
    told.house.later(3601)
    told.tell()
    assert len(told.mails()) == 1


def test_nobody_is_told_in_a_silence_of_the_week(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    with told.house.database.write() as session:
        service.be_quiet(
            session, kind="silence", path=told.uon, weekdays="0123456", by="ben",
            now=told.house.now,
        )  # fmt: skip
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    assert told.mails() == []


def test_what_another_alarm_explains_is_never_told(told: Told) -> None:
    told.person("ana", "", "immediate", "info")
    told.house.room("Hall", "uon")
    told.house.presence("lost", "Lab", "Hall")
    for _ in range(20):
        told.house.later(10)
        told.tell()
    (mail,) = told.mails()
    assert "Site dark" in mail.subject


def test_what_somebody_sees_to_already_is_not_told(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    told.house.say("Lab", FAN)
    told.house.later(1)
    with told.house.database.write() as session:
        service.acknowledge(session, told.alarm(session), by="ben", now=told.house.now)
    told.tell()
    assert told.mails() == []


def test_who_may_not_see_any_more_is_not_told(told: Told) -> None:
    user = told.person("ana", told.uon, "immediate", "warning")
    with told.house.database.write() as session:
        for grant in session.scalars(select(Grant).where(Grant.user_id == user)):
            session.delete(grant)
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    assert told.mails() == []


def test_a_digest_comes_once_in_the_morning(told: Told) -> None:
    told.person("ana", told.uon, "daily", "warning")
    told.person("ben", "", "weekly", "info", "es")
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.house.now = datetime(2030, 1, 7, 6, 59, tzinfo=UTC)  # a Monday
    assert told.digest() == 0
    told.house.now += timedelta(minutes=1)
    assert told.digest() == 2
    assert told.digest() == 0
    told.house.now += timedelta(days=1)
    assert told.digest() == 1
    mails = [one for one in told.mails() if one.destination == "ana@example.org"]
    assert [one.subject for one in mails] == ["uon: the last day"] * 2
    assert "working 0, at risk 1, dark 0" in mails[0].body


def test_a_digest_says_what_was_wrong(told: Told) -> None:
    told.person("ana", told.uon, "daily", "warning")
    told.house.now = datetime.now(UTC).replace(hour=12)
    told.house.say("Lab", FAN)
    told.house.say("Aula", FAN)
    told.house.look()
    told.house.now += timedelta(seconds=1)
    told.digest()
    (mail,) = told.mails()
    assert "Warning: Fan at fault · Lab" in mail.body
    assert "Aula" not in mail.body


def test_who_was_mailed_is_told_once_when_it_is_over(told: Told) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    told.person("ben", told.uon, "immediate", "warning", "fr")
    told.person("cho", told.uon, "immediate", "critical")
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    told.person("dan", told.uon, "immediate", "warning")
    told.house.later(8 * 86_400)
    told.house.say("Lab", OVER)
    told.house.later(1)
    for _ in range(3):
        told.tell()

    over = {one.destination[:3]: one for one in told.mails()[2:]}
    assert set(over) == {"ana", "ben"}, "those that were told that it began"
    assert over["ana"].subject == "Over: Fan at fault · Lab"
    assert f"{URL}/staff/alarms/" in over["ana"].body
    assert over["ana"].cause.startswith("alarm:")
    assert "<html" in over["ana"].html
    assert (over["ben"].language, over["ben"].subject[:9]) == ("fr", "Terminée ")


def test_what_ends_together_is_one_mail(told: Told) -> None:
    told.person("ana", "", "immediate", "info")
    for name in ("Lab", "Aula"):
        told.house.say(name, FAN)
    told.house.later(1)
    told.tell()
    for name in ("Lab", "Aula"):
        told.house.say(name, OVER)
    told.house.later(1)
    told.tell()
    assert [one.subject for one in told.mails()][1:] == ["2 alarms over: Fan at fault and others"]


def test_nobody_is_told_of_an_end_that_never_heard_of_the_beginning(told: Told) -> None:
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    told.person("ana", told.uon, "immediate", "warning")
    told.house.say("Lab", OVER)
    told.house.later(1)
    told.tell()
    assert told.mails() == []


@pytest.mark.parametrize("kind", ["silence", "maintenance"])
def test_nobody_is_told_of_an_end_in_a_silence_or_in_maintenance(told: Told, kind: str) -> None:
    told.person("ana", told.uon, "immediate", "warning")
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    with told.house.database.write() as session:
        service.be_quiet(session, kind=kind, path=told.uon, by="ben", now=told.house.now)
    told.house.later(1)
    told.house.say("Lab", OVER)
    told.house.later(1)
    told.tell()
    assert len(told.mails()) == 1


def test_who_wants_no_mails_any_more_gets_none_when_it_is_over(told: Told) -> None:
    user = told.person("ana", told.uon, "immediate", "warning")
    told.house.say("Lab", FAN)
    told.house.later(1)
    told.tell()
    with told.house.database.write() as session:
        service.unsubscribe(session, user_id=user, path=told.uon, how="immediate")
    told.house.say("Lab", OVER)
    told.house.later(1)
    told.tell()
    assert len(told.mails()) == 1


def test_a_digest_says_what_came_to_its_end(told: Told) -> None:
    told.person("ana", told.uon, "daily", "warning")
    told.house.now = datetime.now(UTC).replace(hour=12)
    told.house.say("Lab", FAN)
    told.house.look()
    told.house.now += timedelta(days=3)
    told.house.say("Lab", OVER)
    told.house.look()
    told.house.now += timedelta(seconds=1)
    told.digest()
    (mail,) = told.mails()
    assert "Fan at fault · Lab" in mail.body
    assert "(over)" in mail.body
