"""Roll-ups of readings, and what still has to be sent to a metric store."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LITE_MICROS = (
    "CAST(strftime('%s', at) AS INTEGER) * 1000000"
    " + CAST(substr(substr(at, 21) || '000000', 1, 6) AS INTEGER)"
)
_LITE_TIME = (
    "strftime('%Y-%m-%d %H:%M:%S', at / 1000000, 'unixepoch')"
    " || '.' || substr('000000' || (at % 1000000), -6)"
)


def upgrade() -> None:
    """Make the tables; readings that are there are summed up."""
    if op.get_bind().dialect.name == "sqlite":
        _remake_raw(sa.BigInteger(), _LITE_MICROS, sqlite_with_rowid=False)
    else:
        _retype_raw("BIGINT", "CAST(extract(epoch FROM at) * 1000000 AS BIGINT)")
    op.create_table(
        "series_sum",
        sa.Column("series_id", _BIG_ID, nullable=False, autoincrement=False),
        *_summed(),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_sum_series_id_series")
        ),
        sa.PrimaryKeyConstraint("series_id", "step", "at", name=op.f("pk_series_sum")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_sum",
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("point", sa.String(64), nullable=False),
        *_summed(),
        sa.PrimaryKeyConstraint("unit_id", "point", "step", "at", name=op.f("pk_unit_sum")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stale_sum",
        sa.Column("id", _BIG_ID, nullable=False, autoincrement=True),
        sa.Column("unit_id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale_sum")),
    )
    op.create_table(
        "queued_readings",
        sa.Column("id", _BIG_ID, nullable=False, autoincrement=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queued_readings")),
    )
    op.create_index(op.f("ix_queued_readings_sent_at"), "queued_readings", ["sent_at"])
    op.create_table(
        "readings_cursor",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("position", sa.String(300), nullable=False),
        sa.Column("holder", sa.String(36), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readings_cursor")),
    )
    for step in (300, 3600):
        op.execute(_SUM_UP.format(step=step, width=step * 1_000_000))
    op.execute(
        "INSERT INTO stale_sum (unit_id, at) SELECT DISTINCT room.unit_id, series_sum.at"
        " FROM series_sum JOIN series ON series.id = series_sum.series_id"
        " JOIN room ON room.id = series.room_id WHERE series_sum.step = 300"
    )


def downgrade() -> None:
    """Take them away; the readings themselves stay."""
    for table in ("readings_cursor", "queued_readings", "stale_sum", "unit_sum", "series_sum"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        _remake_raw(UtcDateTime(), _LITE_TIME)
    else:
        _retype_raw("TIMESTAMP WITH TIME ZONE", "to_timestamp(at / 1000000.0)")


_SUM_UP = """
INSERT INTO series_sum (series_id, step, at, number, total, least, most, last, last_at)
SELECT s.series_id, {step}, s.bucket, s.n, s.total, s.least, s.most, r.value, s.last_at
FROM (
  SELECT series_id, at / {width} * {step} AS bucket, count(*) AS n, sum(value) AS total,
         min(value) AS least, max(value) AS most, max(at) AS last_at
  FROM raw_reading GROUP BY series_id, at / {width} * {step}
) AS s JOIN raw_reading AS r ON r.series_id = s.series_id AND r.at = s.last_at
"""


def _summed() -> list[sa.Column[object]]:
    return [
        sa.Column("step", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("least", sa.Double(), nullable=False),
        sa.Column("most", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
    ]


def _retype_raw(wanted: str, how: str) -> None:
    op.execute(f"ALTER TABLE raw_reading ALTER COLUMN at TYPE {wanted} USING {how}")


def _remake_raw(wanted: sa.types.TypeEngine[Any], how: str, **options: bool) -> None:
    op.rename_table("raw_reading", "raw_reading_before")
    op.create_table(
        "raw_reading",
        sa.Column("series_id", _BIG_ID, nullable=False, autoincrement=False),
        sa.Column("at", wanted, nullable=False, autoincrement=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_raw_reading_series_id_series")
        ),
        sa.PrimaryKeyConstraint("series_id", "at", name=op.f("pk_raw_reading")),
        **options,
    )
    op.execute(
        f"INSERT INTO raw_reading SELECT series_id, {how}, value FROM raw_reading_before"  # noqa: S608
    )
    op.drop_table("raw_reading_before")
