"""What rooms say of their devices, alarms, slides and calls for help; lessons nobody planned."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "device",
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=63), nullable=False),
        sa.Column("vendor", sa.String(length=100), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("power", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("agent_id", sa.String(length=48), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_device_agent_id_agent"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_device_room_id_room"),
        sa.PrimaryKeyConstraint("room_id", "name", name="pk_device"),
    )
    op.create_table(
        "room_alarm",
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("alarm", sa.String(length=100), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.Column("agent_id", sa.String(length=48), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_room_alarm_agent_id_agent"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_room_alarm_room_id_room"),
        sa.PrimaryKeyConstraint("room_id", "subject", "alarm", name="pk_room_alarm"),
    )
    op.create_table(
        "help_call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=48), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=True),
        sa.Column("called_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_help_call_agent_id_agent"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_help_call_room_id_room"),
        sa.PrimaryKeyConstraint("id", name="pk_help_call"),
        sa.UniqueConstraint("agent_id", "message_id", name="uq_help_call_agent_id"),
    )
    op.create_index("ix_help_call_answered_at", "help_call", ["answered_at"], unique=False)
    op.create_index("ix_help_call_room_id", "help_call", ["room_id"], unique=False)
    op.create_table(
        "slide",
        sa.Column("agent_id", sa.String(length=48), nullable=False),
        sa.Column("take_id", sa.String(length=64), nullable=False),
        sa.Column("track", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "take_id", "track", "at", name="pk_slide"),
    )
    op.add_column("lesson", sa.Column("made_for", sa.String(length=64), nullable=True))
    op.create_index("ix_lesson_made_for", "lesson", ["made_for"], unique=True)
    op.add_column("recording", sa.Column("course", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Drop the tables and columns."""
    op.drop_column("recording", "course")
    op.drop_index("ix_lesson_made_for", "lesson")
    op.drop_column("lesson", "made_for")
    for table in ("slide", "help_call", "room_alarm", "device"):
        op.drop_table(table)
