"""The table of other systems that want to be told."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText


class Webhook(Base):
    """An address that is posted what happens in the subtree of `path`.

    Attributes:
        types: names of events, see `fleet.webhooks.schemas.EVENTS`.
        secret: `whsec_…`, what signs the posts; shown once. Not a digest, because it has to sign.
        paused: whether it gets nothing at present.
    """

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    path: Mapped[str] = mapped_column(PathText, index=True)
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    types: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(String(200))
    paused: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(36))
