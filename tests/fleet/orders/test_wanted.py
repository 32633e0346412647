"""What is wanted of rooms, below the pages: versions, who changed what, and batches."""

from datetime import timedelta

import pytest

from fleet.classrooms import desired_changes
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.desk.settings import service, words
from fleet.devices import wanted
from fleet.errors import Conflict, NotFound, Refused
from fleet.orgs import defaults
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON


def rooms(database: Database, count: int = 1) -> list[str]:
    with database.write() as session:
        unit = orgs.root(session).id
        return [
            classrooms.add_room(session, unit_id=unit, name=f"Lab {number}").id
            for number in range(count)
        ]


def test_a_change_says_who_when_and_instead_of_what(database: Database) -> None:
    (lab,) = rooms(database)
    with database.write() as session:
        assert wanted.version(session, lab) == 0
        first = wanted.want(session, lab, "language", "fr", expected=0, by="ann", now=NOON)
        same = wanted.want(session, lab, "language", "fr", expected=first, by="bob", now=NOON)
        later = NOON + timedelta(hours=1)
        second = wanted.want(session, lab, "language", "ar", expected=None, by="bob", now=later)
        change = desired_changes.last(session, lab)["language"]
    assert (first, same, second) == (1, 1, 2)
    assert (change.before, change.after, change.by, change.at) == ("fr", "ar", "bob", later)
    with database.write() as session:
        with pytest.raises(Conflict):
            wanted.want(session, lab, "language", "zh", expected=1, by="ann", now=NOON)
        with pytest.raises(NotFound):
            wanted.want(session, "no room", "language", "zh", expected=None, by="a", now=NOON)
        with pytest.raises(Refused):
            wanted.want(session, lab, "timetable", [], expected=None, by="a", now=NOON)


def test_a_batch_is_one_and_is_taken_back_once(database: Database) -> None:
    labs = rooms(database, 3)
    everywhere = ("",)
    with database.write() as session:
        wanted.want(session, labs[0], "quiet_minutes", 15, expected=None, by="ann", now=NOON)
        looked = service.preview(session, labs, "quiet_minutes", 15)
        batch = service.apply(session, labs, "quiet_minutes", 15, by="ann", now=NOON)
        with pytest.raises(Conflict):
            service.apply(session, labs, "quiet_minutes", 15, by="ann", now=NOON)
        back = service.undo(session, batch, everywhere, by="bob", now=NOON)
        with pytest.raises(Conflict):
            service.undo(session, batch, everywhere, by="bob", now=NOON)
        again = service.batch(session, back, everywhere)
    assert (looked.changes, looked.same) == (2, 1)
    assert {change.after for change, _room in again.changes} == {None}
    assert again.since == frozenset()


@pytest.mark.parametrize("key", defaults.KEYS)
def test_what_a_form_shows_is_what_it_means(key: str) -> None:
    values = {"upload": {"bytes_per_second": 9000}, "language": "ar", "record_timetable": False}
    for value in (values.get(key, 60), defaults.UNSET[key]):
        assert words.typed(key, words.untyped(key, value)) == value
        assert words.value(key, value)
