"""Alarms of the fleet, their rules and silences; mail and webhooks on their way out."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime
from fleet.db.paths import PathText

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=True),
        sa.Column("unit_id", sa.String(length=36), nullable=True),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("path", PathText, nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("fired_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=36), nullable=True),
        sa.Column("silenced_until", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("masked_by", sa.String(length=36), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("open_key", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
        sa.UniqueConstraint("open_key", name="uq_alarm_open_key"),
    )
    op.create_index("ix_alarm_fired", "alarm", ["fired_at", "id"])
    op.create_index("ix_alarm_masked_by", "alarm", ["masked_by"])
    op.create_index("ix_alarm_room", "alarm", ["room_id", "state"])
    op.create_index("ix_alarm_state_path", "alarm", ["state", "path"])
    op.create_index("ix_alarm_told", "alarm", ["told_at"])
    op.create_table(
        "alarm_quiet",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("path", PathText, nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=True),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=36), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_quiet"),
    )
    op.create_index("ix_alarm_quiet_path", "alarm_quiet", ["path"])
    op.create_index("ix_alarm_quiet_room_id", "alarm_quiet", ["room_id"])
    op.create_table(
        "alarm_rule",
        sa.Column("path", PathText, nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=36), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("path", "rule", name="pk_alarm_rule"),
    )
    op.create_table(
        "alarm_signal",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("bad", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_signal"),
    )
    op.create_table(
        "alarm_turn",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("checked", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_alarm_turn"),
    )
    op.create_table(
        "alarm_watch",
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=250), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=True),
        sa.Column("path", PathText, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("heard", sa.JSON(), nullable=False),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("parent", sa.String(length=400), nullable=False),
        sa.Column("alarm_id", sa.String(length=36), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "place", "subject", name="pk_alarm_watch"),
    )
    op.create_index("ix_alarm_watch_due", "alarm_watch", ["due_at"])
    op.create_index("ix_alarm_watch_room", "alarm_watch", ["room_id"])
    op.create_index("ix_alarm_watch_rule_state", "alarm_watch", ["rule", "state"])
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("destination", sa.String(length=2000), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("once", sa.String(length=200), nullable=True),
        sa.Column("path", PathText, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("once", name="uq_notice_once"),
    )
    op.create_index("ix_notice_cause", "notice", ["cause", "made_at"])
    op.create_index("ix_notice_due", "notice", ["state", "channel", "next_at"])
    op.create_index("ix_notice_path", "notice", ["path"])
    op.create_table(
        "alarm_note",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alarm_id"], ["alarm.id"], name="fk_alarm_note_alarm_id_alarm", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_note"),
    )
    op.create_index("ix_alarm_note_alarm_id", "alarm_note", ["alarm_id"])
    op.create_table(
        "alarm_subscription",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("path", PathText, nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account.id"],
            name="fk_alarm_subscription_user_id_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "path", "how", name="pk_alarm_subscription"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("alarm_subscription")
    op.drop_table("alarm_note")
    op.drop_table("notice")
    op.drop_table("alarm_watch")
    op.drop_table("alarm_turn")
    op.drop_table("alarm_signal")
    op.drop_table("alarm_rule")
    op.drop_table("alarm_quiet")
    op.drop_table("alarm")
