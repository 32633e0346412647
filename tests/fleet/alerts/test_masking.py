"""A dead switch is one alarm, not thirty; a dead line to a country is one, not a hundred."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.masking import SITE, UPLINK, Alive, Dark, Explained, Group, explain, groups_of

REGION, KENYA, UON, MKU = "r.", "r.ke.", "r.ke.uon.", "r.ke.mku."


def dark(room: str, path: str = UON, uplink: str = "", *, ready: bool = True) -> Dark:
    return Dark(room, path, uplink, ready)


def alive(path: str = UON, uplink: str = "", count: int = 1) -> Alive:
    return Alive(path, uplink, count)


def test_a_room_is_explained_from_near_to_far() -> None:
    assert groups_of(UON, "sw-1") == [
        Group(UPLINK, f"{UON}|sw-1"),
        Group(SITE, UON),
        Group(SITE, KENYA),
        Group(SITE, REGION),
    ]


def test_a_dead_switch_explains_its_rooms_and_no_other() -> None:
    rooms = [dark(f"a{n}", uplink="sw-1") for n in range(30)] + [dark("b", uplink="sw-2")]
    found = explain(rooms, [alive(uplink="sw-2")], ())
    switch = Group(UPLINK, f"{UON}|sw-1")
    assert found.counts == {switch: 30}
    assert set(found.rooms.values()) == {switch}
    assert "b" not in found.rooms


def test_a_dark_site_explains_its_switches() -> None:
    rooms = [dark("a", uplink="sw-1"), dark("b", uplink="sw-1"), dark("c")]
    found = explain(rooms, [alive(MKU)], ())
    assert found.counts == {Group(SITE, UON): 3}
    assert found.groups == {Group(UPLINK, f"{UON}|sw-1"): Group(SITE, UON)}


def test_a_country_of_two_dark_sites_is_one_trouble() -> None:
    rooms = [dark(f"{p}{n}", p) for p in (UON, MKU) for n in range(2)]
    found = explain(rooms, [alive("r.tz.uds.")], ())
    assert found.counts == {Group(SITE, KENYA): 4}
    assert found.groups[Group(SITE, UON)] == Group(SITE, KENYA)


def test_a_country_with_one_site_is_explained_by_the_site() -> None:
    found = explain([dark("a"), dark("b")], [alive("r.tz.uds.")], ())
    assert set(found.counts) == {Group(SITE, UON)}


def test_one_room_explains_itself() -> None:
    assert explain([dark("a", uplink="sw-1")], [], ()) == Explained()


def test_nothing_is_explained_before_a_room_was_dark_for_long_enough() -> None:
    rooms = [dark("a", ready=False), dark("b", ready=False)]
    assert explain(rooms, [], ()).counts == {}
    assert explain(rooms, [], {Group(SITE, UON)}).counts == {Group(SITE, UON): 2}


def test_a_group_without_a_rule_explains_nothing() -> None:
    found = explain([dark("a"), dark("b")], [], (), lambda group: group.place != UON)
    assert found.counts == {}


units = st.sampled_from([UON, MKU, "r.tz.uds.", KENYA])
rooms = st.lists(
    st.builds(
        Dark,
        room=st.integers(0, 999).map(str),
        path=units,
        uplink=st.sampled_from(["", "sw-1", "sw-2"]),
        ready=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.room,
)
lively = st.lists(st.builds(Alive, units, st.sampled_from(["", "sw-1"]), st.integers(1, 3)))


@given(rooms, lively)
def test_what_explains_is_wholly_dark_and_explains_each_room_once(
    some: list[Dark], others: list[Alive]
) -> None:
    found = explain(some, others, ())
    heard = {group for one in others for group in groups_of(one.path, one.uplink)}
    assert not heard & found.counts.keys()
    assert sum(found.counts.values()) == len(found.rooms)
    assert all(count >= 2 for count in found.counts.values())
    for room in some:
        if room.room in found.rooms:
            assert found.rooms[room.room] in groups_of(room.path, room.uplink)
            assert found.rooms[room.room] not in found.groups


@given(rooms, lively, st.randoms())
def test_the_order_does_not_matter(some: list[Dark], others: list[Alive], dice: Random) -> None:
    before = explain(some, others, ())
    dice.shuffle(some)
    dice.shuffle(others)
    assert explain(some, others, ()) == before
