"""Saved views, the words of the search, and what lists of 100,000 rooms are found by."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime
from fleet.db.paths import PathText
from fleet.desk.search.models import Word

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_room_board", "room", ["path", "standing", "presence"]),
    ("ix_room_standing_name", "room", ["standing", "name", "id"]),
    ("ix_room_presence_name", "room", ["presence", "name", "id"]),
    ("ix_lesson_starts_at", "lesson", ["starts_at"]),
    ("ix_device_role", "device", ["role", "room_id"]),
    ("ix_device_profile", "device", ["profile", "room_id"]),
    ("ix_agent_version", "agent", ["agent_version", "room_id"]),
)


def upgrade() -> None:
    """Make the tables and indexes. The words are found by `desk.search` when the fleet starts."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account.id"],
            name=op.f("fk_saved_view_user_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id")),
    )
    op.create_table(
        "search_term",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("word", Word, nullable=False),
        sa.Column("path", PathText, nullable=False),
        sa.Column("ref", sa.String(length=140), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("kind", "word", "path", "ref", name=op.f("pk_search_term")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_term_ref", "search_term", ["ref", "kind", "word"])
    op.create_index("ix_search_term_room", "search_term", ["room_id"])
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them away."""
    for name, table, _columns in reversed(_INDEXES):
        op.drop_index(name, table)
    op.drop_table("search_term")
    op.drop_table("saved_view")
