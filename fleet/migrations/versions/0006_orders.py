"""Orders and their targets; who changed what of a room's desired state."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "room_order",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("not_after", UtcDateTime(), nullable=False),
        sa.Column("again_of", sa.String(36), nullable=True),
        sa.Column("ends", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(
            ["again_of"], ["room_order.id"], name=op.f("fk_room_order_again_of_room_order")
        ),
        sa.ForeignKeyConstraint(
            ["ends"], ["room_order.id"], name=op.f("fk_room_order_ends_room_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_order")),
    )
    op.create_index(op.f("ix_room_order_at"), "room_order", ["at"])
    op.create_index(op.f("ix_room_order_ends"), "room_order", ["ends"])
    _targets()
    op.create_table(
        "desired_change",
        sa.Column("id", _BIG_ID, nullable=False, autoincrement=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("batch", sa.String(36), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_desired_change_room_id_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desired_change")),
    )
    op.create_index("ix_desired_change_room", "desired_change", ["room_id", "key", "id"])
    op.create_index("ix_desired_change_batch", "desired_change", ["batch", "id"])


def _targets() -> None:
    op.create_table(
        "order_target",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("via_room_id", sa.String(36), nullable=True),
        sa.Column("args", sa.JSON(), nullable=True),
        sa.Column("agent_id", sa.String(48), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("not_after", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("said", sa.String(16), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.Column("said_seq", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("again_id", sa.String(36), nullable=True),
        sa.Column("file_key", sa.String(200), nullable=False),
        sa.Column("file_type", sa.String(32), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["room_order.id"], name=op.f("fk_order_target_order_id_room_order")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_order_target_room_id_room")
        ),
        sa.ForeignKeyConstraint(
            ["via_room_id"], ["room.id"], name=op.f("fk_order_target_via_room_id_room")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_order_target_agent_id_agent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_target")),
    )
    op.create_index("ix_order_target_due", "order_target", ["state", "at", "id"])
    op.create_index("ix_order_target_late", "order_target", ["state", "not_after"])
    op.create_index("ix_order_target_order", "order_target", ["order_id", "state", "id"])
    op.create_index("ix_order_target_room", "order_target", ["room_id", "at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("desired_change")
    op.drop_table("order_target")
    op.drop_table("room_order")
