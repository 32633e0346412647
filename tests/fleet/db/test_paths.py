"""Subtrees as ranges of paths, on both databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.auth import rules
from fleet.classrooms import repository
from fleet.classrooms import service as classrooms
from fleet.db import Database
from fleet.db.paths import inside
from fleet.orgs import service as orgs

PATHS = st.lists(st.sampled_from(["a.", "b.", "a-1.", "10."]), max_size=4).map("".join)


def test_rooms_of_a_subtree(database: Database) -> None:
    with database.write() as session:
        top = orgs.root(session)
        names: dict[str, str] = {}
        for country in ("Kenya", "Nepal"):
            unit = orgs.add(session, parent_id=top.id, kind="country", name=country)
            below = orgs.add(session, parent_id=unit.id, kind="institution", name="University")
            classrooms.add_room(session, unit_id=below.id, name=f"Hall in {country}")
            names[country] = unit.path
        classrooms.add_room(session, unit_id=top.id, name="At the top")

    def seen(*prefixes: str) -> list[str]:
        with database.read() as session:
            return [room.name for room in repository.rooms(session, prefixes)]

    assert seen("") == ["At the top", "Hall in Kenya", "Hall in Nepal"]
    assert seen(names["Kenya"]) == ["Hall in Kenya"]
    assert seen(*names.values()) == ["Hall in Kenya", "Hall in Nepal"]
    assert seen() == []


@given(st.lists(PATHS, max_size=4), PATHS)
def test_reach_is_what_is_allowed_and_no_more(granted: list[str], place: str) -> None:
    grants = [rules.Granted(frozenset({"staff.see"}), path) for path in granted]
    prefixes = rules.reach(grants, "staff.see")
    assert rules.allows(grants, "staff.see", place) == any(inside(place, one) for one in prefixes)
    assert not any(inside(one, other) for one in prefixes for other in prefixes if one != other)


@pytest.mark.parametrize(
    ("path", "permission", "allowed"),
    [("", "courses.change", True), ("a.", "courses.change", False), ("a.", "staff.see", True)],
)
def test_what_is_shared_is_seen_by_all_staff(path: str, permission: str, allowed: bool) -> None:
    grants = [rules.Granted(rules.PERMISSIONS, path)]
    assert rules.allows(grants, permission, rules.SHARED) == allowed
