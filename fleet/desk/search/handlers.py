"""Keeps the words of the search as things change: in the transaction in which they do."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect

from fleet.classrooms.models import Room
from fleet.db import Bus, Flushed, Session
from fleet.desk.search import repository
from fleet.desk.search.things import THINGS, Thing
from fleet.desk.search.words import words


def register(bus: Bus) -> None:
    """Listen to every row that is written."""
    bus.on(Flushed, flushed)


def flushed(session: Session, event: Flushed) -> None:
    """Index what is new or has other words, and forget what is gone."""
    for table, thing in THINGS.items():
        if gone := [thing.ref(row) for row in event.removed if type(row) is table]:
            repository.forget(session, thing.kind, gone)
        fresh = [row for row in event.new if type(row) is table]
        fresh += [row for row in event.changed if type(row) is table and _other(row, thing)]
        if fresh:
            index(session, thing, fresh)
    for row in event.changed:
        if type(row) is Room and inspect(row).attrs["path"].history.has_changes():
            repository.moved(session, row.id, row.path)


def index(session: Session, thing: Thing, rows: Iterable[Any]) -> None:
    """Put the words of these rows into the index."""
    places: dict[str, str | None] = {}
    terms: list[dict[str, str]] = []
    for row in rows:
        room_id = thing.room(row)
        if room_id and room_id in places:
            path = places[room_id]
        else:
            path = repository.place(session, row, room_id)
            places[room_id] = path
        about = {"ref": thing.ref(row), "path": path or "", "room_id": room_id}
        found = words(*thing.texts(row)) if path is not None else frozenset()
        # A thing without words is named all the same, so that old ones of it go.
        terms += [{**about, "word": word} for word in sorted(found)] or [{**about, "word": ""}]
    repository.put(session, thing.kind, terms)


def _other(row: Any, thing: Thing) -> bool:
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in thing.columns)
