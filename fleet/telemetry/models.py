"""Tables of readings: the embedded store's, and what waits for another store.

Times of many rows are whole numbers since 1970, UTC: they sort, divide and compare the same on
every database, and need no parsing.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime

_CLUSTERED: Final = ({"sqlite_with_rowid": False},)
"""SQLite keeps the rows in the order of their key: one series lies together."""
_BigId = BigInteger().with_variant(Integer, "sqlite")


class Series(Base):
    """One measuring point of one device of a room, with its newest reading; whatever the store."""

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
    """One reading as it came; `at` is in microseconds."""

    __tablename__ = "raw_reading"
    __table_args__ = _CLUSTERED

    series_id: Mapped[int] = mapped_column(
        ForeignKey("series.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    value: Mapped[float]


class _Summed:
    """The readings of a step of `step` seconds that begins at second `at`."""

    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[float]
    least: Mapped[float]
    most: Mapped[float]
    last: Mapped[float]
    last_at: Mapped[int] = mapped_column(BigInteger)


class SeriesSum(_Summed, Base):
    """A step of one series."""

    __tablename__ = "series_sum"
    __table_args__ = _CLUSTERED

    series_id: Mapped[int] = mapped_column(
        ForeignKey("series.id"), primary_key=True, autoincrement=False, sort_order=-1
    )


class UnitSum(_Summed, Base):
    """A step of one measuring point, over all rooms of a unit and of those below it."""

    __tablename__ = "unit_sum"
    __table_args__ = _CLUSTERED

    unit_id: Mapped[str] = mapped_column(String(36), primary_key=True, sort_order=-2)
    point: Mapped[str] = mapped_column(String(64), primary_key=True, sort_order=-1)


class StaleSum(Base):
    """The sums of a unit, and of those above it, have to be made again for a step of 5 minutes.

    Rows are only added, twice if need be, so that nobody who adds one waits for another.
    """

    __tablename__ = "stale_sum"

    id: Mapped[int] = mapped_column(_BigId, primary_key=True, autoincrement=True)
    unit_id: Mapped[str] = mapped_column(String(36))
    at: Mapped[int] = mapped_column(BigInteger)


class QueuedReadings(Base):
    """Readings of one report on their way to a store elsewhere; see `telemetry.forwarding`.

    Attributes:
        body: the points, see `telemetry.queue`.
        count: how many.
        doubtful: the store may have some of them.
        sent_at: when the store said that it has them, in seconds.
    """

    __tablename__ = "queued_readings"

    id: Mapped[int] = mapped_column(_BigId, primary_key=True, autoincrement=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    count: Mapped[int]
    doubtful: Mapped[bool]
    sent_at: Mapped[int | None] = mapped_column(BigInteger, index=True)


class ReadingsCursor(Base):
    """How far a long work over readings has come; `holder` may go on with it until `until`."""

    __tablename__ = "readings_cursor"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[str] = mapped_column(String(300), default="")
    holder: Mapped[str] = mapped_column(String(36), default="")
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
