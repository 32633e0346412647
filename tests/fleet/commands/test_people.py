"""`fleet user` and `fleet audit`, as whoever has the machine uses them."""

import json

from sqlalchemy import text

from fleet.app import Fleet
from fleet.orgs import service as orgs
from fleet.settings import FleetSettings
from tests.fleet.test_cli import fleet_command


def _unit(fleet: Fleet) -> None:
    with fleet.database.write() as session:
        top = orgs.root(session)
        orgs.add(session, parent_id=top.id, kind="country", name="Kenya", code="ke")


def test_people_are_added_listed_trusted_and_shut_out(
    settings: FleetSettings, fleet: Fleet
) -> None:
    _unit(fleet)
    added = fleet_command(settings, "user", "add", "amina@x.org", "--name", "Amina", "--unit", "ke")
    assert "/welcome#" in added.output, added.output
    again = fleet_command(settings, "user", "add", "amina@x.org", "--name", "Amina")
    assert again.exit_code == 1
    granted = fleet_command(settings, "user", "grant", "amina@x.org", "--role", "instructor")
    assert granted.exit_code == 0, granted.output
    listed = fleet_command(settings, "user", "list", "--unit", "ke").output
    assert "amina@x.org  Amina  invited  instructor@*, viewer@ke" in listed
    back = fleet_command(
        settings, "user", "grant", "amina@x.org", "--role", "instructor", "--withdraw"
    )
    assert back.exit_code == 0, back.output
    assert "/welcome#" in fleet_command(settings, "user", "link", "amina@x.org").output
    assert fleet_command(settings, "user", "disable", "amina@x.org").exit_code == 0
    assert "disabled  viewer@ke" in fleet_command(settings, "user", "list").output
    assert fleet_command(settings, "user", "disable", "amina@x.org", "--undo").exit_code == 0
    assert fleet_command(settings, "user", "disable", "nobody@x.org").exit_code == 1


def test_the_trail_is_verified_and_exported(settings: FleetSettings, fleet: Fleet) -> None:
    assert "empty" in fleet_command(settings, "audit", "verify").output
    for name in ("a", "b", "c"):
        fleet_command(settings, "user", "add", f"{name}@x.org", "--name", name)
    good = fleet_command(settings, "audit", "verify")
    assert good.exit_code == 0
    assert "All 6 rows" in good.output
    lines = fleet_command(settings, "audit", "export").output.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert json.loads(lines[0])["action"] == "user.added"

    on_postgresql = fleet.database.engine.dialect.name == "postgresql"
    with fleet.database.write() as session:
        name = "audit_no_change ON audit" if on_postgresql else "audit_no_update"
        session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("UPDATE audit SET actor = 'somebody' WHERE number = 4"))
    bad = fleet_command(settings, "audit", "verify")
    assert bad.exit_code == 1
    assert "Row 4" in bad.output
