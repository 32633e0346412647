"""Tables of the tree."""

from typing import Literal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, new_id
from fleet.db.paths import PathText

UnitKind = Literal["region", "country", "institution"]


class OrgUnit(Base):
    """One organisation. `path`: see `fleet.db.paths`.

    `code` is short and unique where it is given, `ke` or `uon`: files name units by it.
    `language` is what mails to it are written in; empty is that of the unit above.
    """

    __tablename__ = "org_unit"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    kind: Mapped[UnitKind] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(PathText, index=True)
    code: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
