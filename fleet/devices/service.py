"""Shadows as pages and the API show them."""

from fleet.db import Session
from fleet.devices.models import Shadow


def shadow_of(session: Session, room_id: str) -> Shadow | None:
    """What a room reported last, if it ever did."""
    return session.get(Shadow, room_id)
