"""What people do when the folders below announce something."""

from fleet.db import Bus, Session
from fleet.errors import Conflict
from fleet.orgs import service as orgs
from fleet.orgs.events import UnitRemoved
from fleet.people import repository
from fleet.web.language import gettext as _


def register(bus: Bus) -> None:
    """Keep a unit while somebody belongs to it or has a role on it."""

    def removed(session: Session, event: UnitRemoved) -> None:
        path = orgs.get(session, event.unit_id).path
        if repository.somebody_within(session, path):
            raise Conflict(_("People belong to this unit or have roles on it. Move them first."))

    bus.on(UnitRemoved, removed)
