"""The institutions of the first deployment, as the files that came with the project name them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fleet.classrooms import service as classrooms
from fleet.db import Session
from fleet.desk.units import importing
from fleet.orgs import sample, table
from fleet.orgs import service as orgs
from fleet.orgs.files import Act

ROOM = "Smart classroom"
ZONES = {
    "PK": "Asia/Karachi", "KH": "Asia/Phnom_Penh", "LK": "Asia/Colombo", "EG": "Africa/Cairo",
    "DJ": "Africa/Djibouti", "ET": "Africa/Addis_Ababa", "MN": "Asia/Ulaanbaatar",
    "ID": "Asia/Jakarta", "UG": "Africa/Kampala", "KE": "Africa/Nairobi", "GM": "Africa/Banjul",
    "NG": "Africa/Lagos", "NP": "Asia/Kathmandu", "MY": "Asia/Kuala_Lumpur",
    "KG": "Asia/Bishkek", "UZ": "Asia/Tashkent", "GH": "Africa/Accra",
}  # fmt: skip
"""The time zone of each site, by its country; the files have none."""


def prepare(session: Session) -> Mapping[str, str]:
    """Import what is not there yet, and give each site a room; institutions' ids by name."""
    for name in sample.FILES:
        importing.carry_out(session, sample.content(name), Act("fleet", datetime.now(UTC)))
    found = {unit.name: unit.id for unit in orgs.subtree(session) if unit.kind == "institution"}
    for row in table.read(sample.content(sample.FILES[0])).rows:
        unit = found[row.institution]
        if not classrooms.rooms_of_unit(session, unit):
            classrooms.add_room(session, unit_id=unit, name=ROOM, timezone=ZONES[row.iso2])
    return found
