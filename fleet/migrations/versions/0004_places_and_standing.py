"""Where rooms, people, grants and audit rows belong, as paths; how each room stands."""

import sqlalchemy as sa
from alembic import op

from fleet.db.paths import PathText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STANDING = (
    "CASE WHEN presence = 'none' THEN 'none' "
    "WHEN presence IN ('init', 'ready') THEN 'working' ELSE 'dark' END"
)


def upgrade() -> None:
    """Make the columns, and fill them with what is known."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("org_unit", "path", type_=PathText)
    _text("org_unit", "code", 64)
    _text("org_unit", "language", 8)
    op.create_index("ix_org_unit_code", "org_unit", ["code"])
    _path("account")
    _text("account", "language", 8)
    _path("role_grant")
    op.execute(
        "UPDATE role_grant SET path = COALESCE("
        "(SELECT path FROM org_unit WHERE org_unit.id = role_grant.unit_id), '')"
    )
    op.execute("UPDATE role_grant SET role = 'secretariat' WHERE role = 'administrator'")
    op.drop_column("role_grant", "unit_id")
    _path("audit")
    op.create_index("ix_audit_path", "audit", ["path", "number"])
    _path("room")
    _text("room", "uplink", 100)
    _text("room", "presence", 16, "none")
    _text("room", "trouble", 16)
    _text("room", "standing", 16, "none")
    op.execute("UPDATE room SET path = (SELECT path FROM org_unit WHERE id = room.unit_id)")
    op.execute(
        "UPDATE room SET presence = COALESCE((SELECT presence FROM agent "
        "WHERE agent.room_id = room.id AND agent.revoked_at IS NULL), 'none')"
    )
    op.execute(sa.text("UPDATE room SET standing = " + _STANDING))  # noqa: S608 - a constant
    op.create_index("ix_room_path_name", "room", ["path", "name", "id"])
    op.create_index("ix_room_name", "room", ["name", "id"])
    op.create_index("ix_room_standing", "room", ["standing", "path"])
    op.create_index("ix_room_unit_standing", "room", ["unit_id", "standing"])


def downgrade() -> None:
    """Take them away; grants of a part become grants of nothing."""
    for name in ("path_name", "name", "standing", "unit_standing"):
        op.drop_index(f"ix_room_{name}", "room")
    for column in ("standing", "trouble", "presence", "uplink", "path"):
        op.drop_column("room", column)
    op.drop_index("ix_audit_path", "audit")
    op.drop_column("audit", "path")
    op.add_column("role_grant", sa.Column("unit_id", sa.String(length=36), nullable=True))
    op.execute("DELETE FROM role_grant WHERE path <> ''")
    op.execute("UPDATE role_grant SET role = 'administrator' WHERE role = 'secretariat'")
    op.drop_column("role_grant", "path")
    op.drop_column("account", "language")
    op.drop_column("account", "path")
    op.drop_index("ix_org_unit_code", "org_unit")
    op.drop_column("org_unit", "language")
    op.drop_column("org_unit", "code")


def _text(table: str, name: str, length: int, default: str = "") -> None:
    column = sa.Column(name, sa.String(length), nullable=False, server_default=default)
    op.add_column(table, column)


def _path(table: str) -> None:
    op.add_column(table, sa.Column("path", PathText, nullable=False, server_default=""))
