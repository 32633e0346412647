"""The institutions of the first deployment, as the files that came with the project name them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fleet.db import Session
from fleet.desk.units import importing
from fleet.orgs import sample
from fleet.orgs import service as orgs
from fleet.orgs.files import Act


def prepare(session: Session) -> Mapping[str, str]:
    """Import what is not there yet; ids of the institutions by name."""
    for name in sample.FILES:
        importing.carry_out(session, sample.content(name), Act("fleet", datetime.now(UTC)))
    return {unit.name: unit.id for unit in orgs.subtree(session) if unit.kind == "institution"}
