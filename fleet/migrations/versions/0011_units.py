"""National centres, what is wanted of the rooms of a unit, and tables uploaded to be looked at."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and the table; every unit gets a code, the top is `top`."""
    for name, length in (("iso2", 2), ("centre", 200)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("org_unit", column)
    op.add_column("org_unit", sa.Column("defaults", sa.JSON(), nullable=False, server_default="{}"))
    op.execute("UPDATE org_unit SET code = 'top' WHERE parent_id IS NULL AND code = ''")
    op.execute("UPDATE org_unit SET code = 'unit-' || substr(id, 1, 8) WHERE code = ''")
    op.create_table(
        "unit_upload",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_upload")),
    )
    op.create_index(op.f("ix_unit_upload_uploaded_at"), "unit_upload", ["uploaded_at"])


def downgrade() -> None:
    """Take them away; the codes stay."""
    op.drop_table("unit_upload")
    for column in ("defaults", "centre", "iso2"):
        op.drop_column("org_unit", column)
