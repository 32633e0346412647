"""What points to a row is found by the foreign keys of all tables."""

from fleet.classrooms import service as classrooms
from fleet.db import Database, references
from fleet.orgs import service as orgs


def test_what_points_to_a_row_is_named(database: Database) -> None:
    with database.write() as session:
        top = orgs.root(session)
        below = orgs.add(session, parent_id=top.id, kind="institution", name="UoN")
        room = classrooms.add_room(session, unit_id=below.id, name="Lab")

        assert references.of(session, top) == ["org_unit"]
        assert references.of(session, below) == ["room"]
        assert references.of(session, below, {"room"}) == []
        classrooms.set_desired(session, room.id, "language", "fr")
        assert set(references.of(session, room)) == {"desired", "desired_change"}
