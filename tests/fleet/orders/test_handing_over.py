"""An order of the process that has the connection is sent without another transaction."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract import codec
from contract import messages as m
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Agent
from fleet.classrooms.ports import Unreachable
from fleet.db import Database
from fleet.orders import repository, service
from fleet.orders.events import OrdersQueued
from fleet.orders.models import OrderTarget
from fleet.orders.sending import CLAIM, Bell, OrderSender
from fleet.orders.service import Asked
from fleet.orgs import service as orgs
from tests.fleet.web.application import NOON


class Connection:
    """Takes orders, or breaks."""

    def __init__(self, breaks: bool = False) -> None:
        self.told: list[str] = []
        self.breaks = breaks

    async def publish(self, topic: str, body: bytes, **_more: Any) -> None:
        if self.breaks:
            raise Unreachable("cut")
        self.told.append(codec.decode_down(m.Order, body).id)


def rooms(database: Database, count: int) -> list[str]:
    with database.write() as session:
        unit = orgs.root(session).id
        ids = [classrooms.add_room(session, unit_id=unit, name=f"Lab {n}").id for n in range(count)]
        session.add_all(
            Agent(id=f"a{n}", room_id=room, public_key="", serials={}, enrolled_at=NOON)
            for n, room in enumerate(ids)
        )
    return ids


def give(database: Database, ids: list[str]) -> None:
    with database.write() as session:
        service.give(session, Asked("ping", {}, 600), ids, by="u", now=datetime.now(UTC))


def targets(database: Database) -> list[OrderTarget]:
    with database.read() as session:
        return list(session.query(OrderTarget))


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def bell_of(database: Database) -> Bell:
    bell = Bell()
    database.bus.on(OrdersQueued, bell.queued)
    return bell


def test_it_is_handed_over_once_it_is_stored_and_nobody_looks_for_it(database: Database) -> None:
    ids, bell, line = rooms(database, 3), bell_of(database), Connection()

    async def work() -> None:
        sender = OrderSender(database, bell, 3600)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(sender.run(line))  # type: ignore[arg-type]
            await until(lambda: bell._heard)
            await asyncio.sleep(0.5)  # it has looked, and looks no more for an hour
            sender._look = None  # type: ignore[assignment,method-assign]
            sender._mark = lambda: None  # type: ignore[method-assign]
            await asyncio.to_thread(give, database, ids)
            await until(lambda: len(line.told) == 3)
            task.cancel()

    asyncio.run(work())
    assert all(one.claimed_until is not None and one.agent_id for one in targets(database))


def test_many_at_once_are_all_sent_each_once(database: Database) -> None:
    ids, bell, line = rooms(database, 250), bell_of(database), Connection()

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            run = OrderSender(database, bell, 3600).run(line)  # type: ignore[arg-type]
            task = group.create_task(run)
            await until(lambda: bell._heard)
            await asyncio.to_thread(give, database, ids)
            await until(lambda: {one.state for one in targets(database)} == {"sent"})
            task.cancel()

    asyncio.run(work())
    assert sorted(line.told) == sorted(one.id for one in targets(database))


def test_what_could_not_be_sent_is_sent_when_its_claim_is_over(database: Database) -> None:
    ids, bell = rooms(database, 1), bell_of(database)

    async def work() -> None:
        sender = OrderSender(database, bell, 3600)
        with pytest.raises(ExceptionGroup):  # noqa: PT012
            async with asyncio.TaskGroup() as group:
                group.create_task(sender.run(Connection(breaks=True)))  # type: ignore[arg-type]
                await until(lambda: bell._heard)
                await asyncio.to_thread(give, database, ids)
                await asyncio.sleep(20)

    asyncio.run(work())
    assert not bell._heard
    later = datetime.now(UTC) + CLAIM + timedelta(seconds=1)
    with database.write() as session:
        assert len(repository.claim(session, later, later + CLAIM, 10)) == 1


def test_without_a_connection_nothing_is_claimed_and_a_rollback_hands_nothing_over(
    database: Database,
) -> None:
    ids, bell = rooms(database, 1), bell_of(database)
    give(database, ids)
    assert [one.claimed_until for one in targets(database)] == [None]
    with bell.heard():
        with pytest.raises(ZeroDivisionError), database.write() as session:  # noqa: PT012
            service.give(session, Asked("ping", {}, 600), ids, by="u", now=datetime.now(UTC))
            raise ZeroDivisionError
        assert bell.handed() == []
    assert len(targets(database)) == 1
