"""The tree of organisations."""

import pytest

from fleet.db import Database
from fleet.errors import Conflict, NotFound, Refused
from fleet.orgs import service


def test_a_subtree_is_a_prefix(migrated: Database) -> None:
    with migrated.write() as session:
        top = service.root(session)
        country = service.add(session, parent_id=top.id, kind="country", name="Kenya")
        college = service.add(session, parent_id=country.id, kind="institution", name="UoN")
        service.add(session, parent_id=top.id, kind="country", name="Nepal")

    with migrated.read() as session:
        assert service.root(session).id == top.id
        assert service.get(session, college.id).path == f"{top.id}.{country.id}.{college.id}."
        assert college.path.startswith(country.path)
        assert [unit.name for unit in service.children(session, top.id)] == ["Kenya", "Nepal"]


def test_what_cannot_stand_there_is_refused(migrated: Database) -> None:
    with migrated.write() as session:
        top = service.root(session).id
        college = service.add(session, parent_id=top, kind="institution", name="UoN").id

        with pytest.raises(Refused, match="no country can stand below a institution"):
            service.add(session, parent_id=college, kind="country", name="Kenya")
        with pytest.raises(Refused, match="name"):
            service.add(session, parent_id=top, kind="country", name=" ")
        with pytest.raises(NotFound):
            service.add(session, parent_id="nowhere", kind="country", name="Kenya")


def test_a_unit_that_something_belongs_to_stays(database: Database) -> None:
    with database.write() as session:
        top = service.root(session)
        country = service.add(session, parent_id=top.id, kind="country", name="Kenya", iso2="ke")
        college = service.add(session, parent_id=country.id, kind="institution", name="UoN")
        with pytest.raises(Conflict, match="ke cannot go"):
            service.remove(session, country.id)
        service.remove(session, college.id)
        service.remove(session, country.id)

    with database.read() as session:
        assert service.children(session, top.id) == []


def test_no_two_units_have_the_same_code(migrated: Database) -> None:
    with migrated.write() as session:
        top = service.root(session).id
        names = ("Kenya", "Kenya", "肯尼亚")
        made = [service.add(session, parent_id=top, kind="country", name=name) for name in names]
        assert [unit.code for unit in made[:2]] == ["kenya", "kenya-2"]
        assert made[2].code
        with pytest.raises(Conflict, match="kenya"):
            service.change(session, made[2].id, "code", "kenya")
        assert service.change(session, made[0].id, "code", "kenya") == "kenya"
