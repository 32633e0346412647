"""Several processes send, and none sends what another one has claimed."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.db import Database, SQLAlchemyError
from fleet.orders import repository, service
from fleet.orders.events import OrderSettled
from fleet.orders.models import OrderTarget
from fleet.orders.sending import CLAIM, Bell, OrderSender
from fleet.orders.service import Asked
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON

ROOMS, SENDERS = 40, 4


def test_each_order_is_claimed_once_until_the_claim_is_over(database: Database) -> None:
    with database.write() as session:
        unit = orgs.root(session).id
        ids = [classrooms.add_room(session, unit_id=unit, name=f"Lab {n}").id for n in range(ROOMS)]
        session.add_all(
            Agent(id=f"a{n}", room_id=room, public_key="", serials={}, enrolled_at=NOON)
            for n, room in enumerate(ids)
        )
        session.flush()
        service.give(session, Asked("ping", {}), ids, by="u", now=NOON)
    claimed: list[str] = []

    def send() -> None:
        misses = 0
        while misses < 3:
            with database.write() as session:
                found = repository.claim(session, NOON, NOON + CLAIM, 3)
                got = [target.id for target, _order in found]
            claimed.extend(got)
            misses += not got

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == ROOMS
    with database.write() as session:
        late = NOON + CLAIM + timedelta(seconds=1)
        assert len(repository.claim(session, late, late + CLAIM, 100)) == ROOMS


def test_what_is_too_late_is_announced_once(database: Database) -> None:
    ended: list[tuple[str, str]] = []
    database.bus.on(OrderSettled, lambda _session, event: ended.append((event.kind, event.state)))
    with database.write() as session:
        unit = orgs.root(session).id
        room = classrooms.add_room(session, unit_id=unit, name="Lab").id
        session.add(Agent(id="a", room_id=room, public_key="", serials={}, enrolled_at=NOON))
        session.flush()
        service.give(session, Asked("ping", {}), [room], by="u", now=NOON)
    for _ in range(2):
        with database.write() as session:
            service.sweep(session, NOON + timedelta(days=1))
    assert ended == [("ping", "expired")]


def test_what_is_locked_is_read_anew(database: Database) -> None:
    with database.write() as session:
        unit = orgs.root(session).id
        room = classrooms.add_room(session, unit_id=unit, name="Lab").id
        session.add(Agent(id="a", room_id=room, public_key="", serials={}, enrolled_at=NOON))
        session.flush()
        service.give(session, Asked("ping", {}), [room], by="u", now=NOON)
    with database.write() as session:
        ((seen, _order),) = repository.of_room(session, room, 1)
        assert seen.state == "queued"
        # As another process would: behind the back of what this session has read.
        elsewhere = update(OrderTarget.__table__).values(state="cancelled")  # type: ignore[arg-type]
        session.connection().execute(elsewhere)
        found = repository.lock_target(session, seen.id)
        assert found is not None
        assert found[0].state == "cancelled"
        assert found[1].kind == "ping"
        assert repository.lock_target(session, "none") is None


def test_a_database_that_fails_is_not_asked_without_a_pause() -> None:
    """Not even while sent orders wait to be marked."""
    asked = 0

    class Failing:
        def read(self) -> Any:
            nonlocal asked
            asked += 1
            raise SQLAlchemyError("gone")

        write = read

    async def work() -> None:
        sender = OrderSender(Failing(), Bell(), 0.2)  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(sender.run(None))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            sender._sent.append("order")
            await asyncio.sleep(0.7)
            task.cancel()

    asyncio.run(work())
    assert 2 <= asked <= 5
