"""Tables of the tree."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText

UnitKind = Literal["region", "country", "institution"]


class OrgUnit(Base):
    """One organisation. `path`: see `fleet.db.paths`.

    `code` is short and unique where it is given, `ke` or `ke-uon`: files name units by it.
    `language` is what mails to it are written in; empty is that of the unit above.
    `iso2` is a country's, `centre` the institution that is its national centre.
    `defaults` is what is wanted of its rooms and of those below: see `orgs.defaults`.
    """

    __tablename__ = "org_unit"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    kind: Mapped[UnitKind] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(PathText, index=True)
    code: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    iso2: Mapped[str] = mapped_column(String(2), default="", server_default="")
    centre: Mapped[str] = mapped_column(String(200), default="", server_default="")
    defaults: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")


class UnitUpload(Base):
    """A table that somebody uploaded and has not said yes to. It is kept for a day."""

    __tablename__ = "unit_upload"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
