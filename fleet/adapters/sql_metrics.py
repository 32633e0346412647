"""The embedded `MetricStore`: two tables of the fleet's own database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from fleet.db import Session
from fleet.telemetry.models import RawReading, Series
from fleet.telemetry.ports import Point


class SqlMetrics:
    """Readings in SQL: fit for the rooms of one country; roll-ups are not its business."""

    def write(self, session: Session, points: Sequence[Point]) -> None:
        """Keep readings; they commit with the session."""
        known = self._series(session, {point.room for point in points})
        rows: dict[tuple[int, datetime], float] = {}
        for point in points:
            key = (point.room, point.device[:64], point.point[:64])
            series = known.get(key)
            if series is None:
                series = Series(room_id=key[0], device=key[1], point=key[2], unit=point.unit[:16])
                series.last_at, series.last_value = point.at, point.value
                session.add(series)
                session.flush()
                known[key] = series
            elif point.at >= series.last_at:
                series.last_at, series.last_value = point.at, point.value
                series.unit = point.unit[:16]
            rows[series.id, point.at] = point.value
        if rows:
            values = [{"series_id": s, "at": at, "value": v} for (s, at), v in rows.items()]
            on_sqlite = session.get_bind().dialect.name == "sqlite"
            insert = sqlite.insert if on_sqlite else postgresql.insert
            session.execute(insert(RawReading).on_conflict_do_nothing(), values)

    def last(self, session: Session, room: str) -> list[Point]:
        """The newest reading of each series of a room, by device and point."""
        query = select(Series).where(Series.room_id == room)
        return [
            Point(row.room_id, row.device, row.point, row.last_at, row.last_value, row.unit)
            for row in session.scalars(query.order_by(Series.device, Series.point))
        ]

    def range(
        self, session: Session, room: str, device: str, point: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """Readings of one series in `[start, end)`, oldest first."""
        query = (
            select(RawReading.at, RawReading.value)
            .join(Series, Series.id == RawReading.series_id)
            .where(Series.room_id == room, Series.device == device, Series.point == point)
            .where(RawReading.at >= start, RawReading.at < end)
            .order_by(RawReading.at)
        )
        return [(row[0], row[1]) for row in session.execute(query)]

    def _series(self, session: Session, rooms: set[str]) -> dict[tuple[str, str, str], Series]:
        query = select(Series).where(Series.room_id.in_(rooms))
        return {(row.room_id, row.device, row.point): row for row in session.scalars(query)}
