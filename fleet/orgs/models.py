"""Tables of the tree."""

from typing import Literal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, new_id

UnitKind = Literal["region", "country", "institution"]


class OrgUnit(Base):
    """One organisation. `path` is the ids from the root down to it, each followed by a dot.

    A unit's subtree is every unit whose path starts with its own, on any database.
    """

    __tablename__ = "org_unit"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("org_unit.id"), index=True)
    kind: Mapped[UnitKind] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(400), index=True)
