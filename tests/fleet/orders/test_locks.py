"""On PostgreSQL, what rooms answer and what else befalls their orders never wait for each other.

One transaction stores answers, in the order in which they come, and holds each row until its end;
another one changes the same rows. If that one waited while it held rows, each would end up waiting
for the other, and the database would have to throw one of them away.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from fleet.classrooms import desired_changes
from fleet.classrooms import repository as classrooms_repository
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent, Event
from fleet.db import Database, Session
from fleet.errors import Conflict
from fleet.orders import repository, service
from fleet.orders.models import OrderTarget
from fleet.orders.sending import CLAIM
from fleet.orders.service import Asked
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON

ROOMS = 4
LATE = NOON + timedelta(days=1)
Work = Callable[[Session], object]

pytestmark = pytest.mark.parametrize("both_databases", ["postgresql"], indirect=True)


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_marking_what_is_sent_while_rooms_answer(
    database: Database, other: ThreadPoolExecutor
) -> None:
    order, ids = _given(database)

    _crossed(database, other, ids, lambda session: repository.mark_sent(session, ids, NOON))

    assert _states(database, order) == ["answered", "answered", "sent", "sent"]


def test_saying_what_is_late_while_rooms_answer(
    database: Database, other: ThreadPoolExecutor
) -> None:
    order, ids = _given(database, state="sent")

    _crossed(database, other, ids, lambda session: service.sweep(session, LATE))

    assert _states(database, order) == ["answered", "answered", "unanswered", "unanswered"]


def test_saying_what_was_never_sent_while_rooms_answer(
    database: Database, other: ThreadPoolExecutor
) -> None:
    order, ids = _given(database)

    _crossed(database, other, ids, lambda session: service.sweep(session, LATE))

    assert _states(database, order) == ["answered", "answered", "expired", "expired"]


def test_trying_again_while_rooms_answer_after_all(
    database: Database, other: ThreadPoolExecutor
) -> None:
    order, ids = _given(database, state="unanswered")

    def again(session: Session) -> None:
        service.again(session, order, ("",), by="u", now=NOON)

    _crossed(database, other, ids, again)

    assert _states(database, order) == ["answered", "answered", "unanswered", "unanswered"]
    with database.read() as session:
        tried = session.scalars(select(OrderTarget.again_id).where(OrderTarget.id.in_(ids)))
        assert len([one for one in tried if one]) == ROOMS - 1, "all but the one being answered"


def test_what_is_being_sent_is_not_withdrawn(database: Database, other: ThreadPoolExecutor) -> None:
    """Whoever is told an emergency has to be told its end."""
    order, _ids = _given(database)
    with database.write() as session:
        assert len(repository.claim(session, NOON, NOON + CLAIM, ROOMS)) == ROOMS
        withdrawn = _beside(database, other, lambda one: service.cancel(one, order, ("",)))
        _until_idle_or_waiting(database, withdrawn)
    assert withdrawn.result(10) == 0
    assert _states(database, order) == ["queued"] * ROOMS


def test_orders_are_given_while_a_batch_of_their_rooms_is_stored(
    database: Database, other: ThreadPoolExecutor
) -> None:
    """Batches lock agents by id and orders name them in any order."""
    _order, ids = _given(database)
    with database.write() as session:
        agents = session.scalars(select(Agent.id).order_by(Agent.id)).all()
        classrooms_repository.lock_agents(session, agents)
        claimed = _beside(
            database, other, lambda one: len(repository.claim(one, NOON, NOON + CLAIM, ROOMS))
        )
        assert claimed.result(10) == len(ids)


def test_messages_of_a_room_are_stored_while_somebody_changes_what_is_wanted_of_it(
    database: Database, other: ThreadPoolExecutor
) -> None:
    with database.write() as session:
        room = classrooms.add_room(session, unit_id=orgs.root(session).id, name="Lab").id
        session.add(Agent(id="a", room_id=room, public_key="", serials={}, enrolled_at=NOON))
    said = {"type": "x", "time": NOON, "received_at": NOON, "body": {}}
    with database.write() as session:
        desired_changes.lock(session, room)
        stored = _beside(
            database, other, lambda one: one.add(Event(room_id=room, agent_id="a", **said))
        )
        stored.result(10)


def _crossed(database: Database, other: ThreadPoolExecutor, ids: list[str], work: Work) -> None:
    """Answers of the last room and then of the first, and in between something else begins."""
    with database.write() as session:
        _answer(session, ids[-1])
        done = _beside(database, other, work)
        _until_idle_or_waiting(database, done)
        _answer(session, ids[0])
    try:
        done.result(10)
    except Conflict:
        pytest.fail("what nobody is at is left out")


def _answer(session: Session, target: str) -> None:
    found = repository.lock_target(session, target)
    assert found is not None
    found[0].state = "answered"
    session.flush()


def _beside(
    database: Database, other: ThreadPoolExecutor, work: Callable[[Session], int | object]
) -> "Future[object]":
    def run() -> object:
        with database.write() as session:
            result = work(session)
            session.flush()
            return result

    return other.submit(run)


def _until_idle_or_waiting(database: Database, done: "Future[object]") -> None:
    """Until the other one has done what it can."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 10
    while not done.done() and time.monotonic() < until:
        with database.read() as session:
            if session.scalar(waits):
                return
        time.sleep(0.01)


def _given(database: Database, state: str = "queued") -> tuple[str, list[str]]:
    """An order to some rooms, and its targets in the order of the table."""
    with database.write() as session:
        unit = orgs.root(session).id
        rooms = [
            classrooms.add_room(session, unit_id=unit, name=f"Lab {n}").id for n in range(ROOMS)
        ]
        session.add_all(
            Agent(id=f"a{n}", room_id=room, public_key="", serials={}, enrolled_at=NOON)
            for n, room in enumerate(rooms)
        )
        session.flush()
        order = service.give(session, Asked("ping", {}), rooms, by="u", now=NOON).id
        session.execute(update(OrderTarget).values(state=state))
    with database.read() as session:
        in_file = text("SELECT id FROM order_target ORDER BY ctid")
        return order, list(session.scalars(in_file))


def _states(database: Database, order: str) -> list[str]:
    with database.read() as session:
        query = select(OrderTarget.state).where(OrderTarget.order_id == order)
        return sorted(session.scalars(query))
