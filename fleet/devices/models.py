"""Table of shadows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime


class Shadow(Base):
    """What a room reported last: its configuration, and an outcome for each desired key.

    `version` counts the room's reports within one `epoch` of its outbox.
    """

    __tablename__ = "shadow"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agent.id"))
    epoch: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(BigInteger)
    applied_desired: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcomes: Mapped[dict[str, Any]] = mapped_column(JSON)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
