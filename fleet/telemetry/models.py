"""Tables of the embedded metric store."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime

_BigId = BigInteger().with_variant(Integer, "sqlite")


class Series(Base):
    """One measuring point of one device of a room, with its newest reading."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("room_id", "device", "point"),)

    id: Mapped[int] = mapped_column(_BigId, primary_key=True, autoincrement=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    device: Mapped[str] = mapped_column(String(64))
    point: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(16))
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_value: Mapped[float]


class RawReading(Base):
    """One reading as it came."""

    __tablename__ = "raw_reading"

    series_id: Mapped[int] = mapped_column(
        ForeignKey("series.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    value: Mapped[float]
