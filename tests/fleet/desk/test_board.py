"""The board: right numbers, summed up the tree, by the same queries however many look."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from fleet.auth import service as auth
from fleet.classrooms import service as classrooms
from fleet.classrooms.models import Room
from fleet.courses import service as courses
from fleet.db import Database
from fleet.desk.board import Board, Counts, Snapshot
from fleet.desk.board import live as board_live
from fleet.desk.board.counts import ancestors
from fleet.orgs import service as orgs
from fleet.recordings.models import Recording
from tests.fleet.desk.house import NOON, House, add_room, build


@pytest.fixture
def house(database: Database) -> House:
    with database.write() as session:
        return build(session)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the database is sent in the block."""
    sent: list[str] = []

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_rooms_are_counted_up_the_tree(database: Database, house: House) -> None:
    snapshot = Board(database).current(NOON)

    kenya = snapshot.under(house.units["Kenya"].path)
    assert (kenya.working, kenya.risk, kenya.dark, kenya.none) == (1, 1, 1, 1)
    assert (kenya.linked, kenya.cut, kenya.rooms) == (2, 1, 4)
    assert snapshot.under("").rooms == snapshot.under(house.units["Region"].path).rooms == 5
    assert snapshot.seen((house.units["Ghana"].path,)).rooms == 1
    assert [one.name for one in snapshot.below(house.units["Region"].path)] == ["Ghana", "Kenya"]
    above = snapshot.above(house.units["Nairobi"].path, (house.units["Kenya"].path,))
    assert [one.name for one in above] == ["Kenya", "Nairobi"]


def test_lessons_are_recorded_missed_or_endangered(database: Database, house: House) -> None:
    with database.write() as session:
        course = courses.add_course(session, title="Soil", now=NOON - timedelta(days=2)).id
        for room, hours in (("Aula Magna", -3), ("Aula Magna", -6), ("Botany lab", 0)):
            start = NOON + timedelta(hours=hours)
            lesson = courses.add_lesson(
                session,
                course,
                house.rooms[room],
                "",
                start,
                start + timedelta(minutes=50),
                now=NOON - timedelta(days=2),
            )
            if hours == -3:
                session.add(
                    Recording(
                        id="take",
                        agent_id="a",
                        room_id=house.rooms[room],
                        lesson_id=lesson.id,
                        state="waiting",
                        started_at=start,
                    )
                )
    total = Board(database).current(NOON).under("")
    assert (total.recorded, total.missed, total.endangered, total.arriving) == (1, 1, 1, 1)


def test_an_update_costs_the_same_however_many_look(database: Database, house: House) -> None:
    board = Board(database)
    board._running = True  # as in a process that serves pages

    async def look(pages: int) -> tuple[int, int]:
        async with asyncio.TaskGroup() as group:
            watching = [board.watch(f"session-{n}") for n in range(pages)]
            first = await asyncio.gather(*(anext(one) for one in watching))
            assert {one.version for one in first if one} == {first[0].version if first[0] else 0}
            waiting = [group.create_task(_next(one)) for one in watching]
            with database.write() as session:
                classrooms.agent_is(session, house.rooms["Aula Magna"], "lost")
            with counted(database) as sent:
                await asyncio.to_thread(board.refresh)
            for task in waiting:
                await task
            for one in watching:
                await one.aclose()  # type: ignore[attr-defined]
        with database.write() as session:
            classrooms.agent_is(session, house.rooms["Aula Magna"], "ready")
        return len([one for one in sent if one.lstrip().startswith("SELECT")]), pages

    few, _ = asyncio.run(look(1))
    many, _ = asyncio.run(look(300))
    assert few == many
    assert board.watching == 0


async def _next(watching: object) -> object:
    return await anext(watching, None)  # type: ignore[call-overload]


def test_pages_are_told_and_end_with_their_session(database: Database, house: House) -> None:
    with database.write() as session:
        user = auth.add_user(session, "a@b.example", "A", now=NOON)
        secret = auth.start_session(session, user, NOON)
    board = Board(database, now=lambda: NOON)

    async def walk() -> None:
        watching = board.watch(auth.session_id(secret))
        first = await anext(watching)
        assert first is not None
        assert first.under("").dark == 1
        with database.write() as session:
            classrooms.agent_is(session, house.rooms["Aula Magna"], "lost")
        await asyncio.to_thread(board.refresh)
        second = await anext(watching)
        assert second is not None
        assert second.under("").dark == 2
        with database.write() as session:
            auth.disable_user(session, user, now=NOON)
        await asyncio.to_thread(board.refresh)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(watching), 5)

        other = board.watch("another")
        await anext(other)
        board.end_sessions(["another"])
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(other), 5)

    asyncio.run(walk())
    assert board.watching == 0


def test_the_task_counts_while_somebody_looks(
    database: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_live, "EVERY", 0.05)
    board = Board(database)

    async def walk() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            running = group.create_task(board.run())
            await asyncio.sleep(0.2)
            assert board.updates == 0, "nobody looks"
            watching = board.watch("")
            assert await anext(watching)
            with database.write() as session:
                add_room(session, house.units["Nairobi"], "Extra", "ready")
            told = await anext(watching)
            while told is None or told.under("").rooms != 6:
                told = await anext(watching)
            running.cancel()
            assert len([one async for one in watching]) < 3, "it ends with the fleet"

    asyncio.run(walk())


def test_a_new_unit_is_on_the_board_at_once(database: Database, house: House) -> None:
    board = Board(database)
    board._running = True
    board.follow(database.bus)
    before = board.current(NOON)
    assert board.current(NOON) is before
    with database.write() as session:
        parent = house.units["Ghana"].id
        orgs.add(session, parent_id=parent, kind="institution", name="Legon")
    board.refresh()
    assert "Legon" in {one.name for one in board.current(NOON).units.values()}


paths = st.lists(st.sampled_from("abc"), max_size=4).map(lambda ids: "".join(f"{i}." for i in ids))


@given(st.dictionaries(paths, st.integers(0, 5)))
def test_sums_are_those_of_the_subtree(own: dict[str, int]) -> None:
    snapshot = Snapshot(1, {}, {path: Counts(working=n) for path, n in own.items()})
    for path in {*own, "", "a.", "a.b."}:
        wanted = sum(n for one, n in own.items() if one.startswith(path))
        assert snapshot.under(path).working == wanted
        assert all(path.startswith(one) for one in ancestors(path))


def test_nothing_is_lost_of_a_room_without_a_unit(database: Database) -> None:
    with database.write() as session:
        top = orgs.root(session)
        session.add(Room(unit_id=top.id, name="Loose", timezone="UTC"))
    assert Board(database).current(NOON).under("").none == 1
