"""What people do when the folders below announce something."""

from fleet.db import Bus, Session
from fleet.orgs.events import UnitRemoved
from fleet.people import service


def register(bus: Bus) -> None:
    """Keep a unit while somebody belongs to it or has a role on it."""

    def removed(session: Session, event: UnitRemoved) -> None:
        service.let_go(session, event.unit_id)

    bus.on(UnitRemoved, removed)
