"""API tokens, outside identities, what a session is known by; the audit trail guards itself."""

import sqlalchemy as sa
from alembic import op

from fleet.db import UtcDateTime
from fleet.db.paths import PathText

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'rows of the audit trail cannot be changed'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'rows of the audit trail cannot be deleted'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'rows of the audit trail cannot be changed or deleted'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ],
}
_AWAY = {
    "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
    "postgresql": [
        "DROP TRIGGER audit_no_change ON audit",
        "DROP TRIGGER audit_no_truncate ON audit",
        "DROP FUNCTION audit_refuse()",
    ],
}


def upgrade() -> None:
    """Make the tables, columns and triggers."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        _user(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("path", PathText, nullable=False, server_default=""),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _belongs("api_token"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"])
    op.create_table(
        "outside_identity",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        _user(),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        _belongs("outside_identity"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_outside_identity")),
    )
    op.create_index(op.f("ix_outside_identity_user_id"), "outside_identity", ["user_id"])
    op.create_table(
        "outside_sign_in",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_sign_in")),
    )
    op.create_index(op.f("ix_outside_sign_in_expires_at"), "outside_sign_in", ["expires_at"])
    for name, length in (("browser", 200), ("address", 64)):
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("user_session", column)
    op.create_index("ix_account_path_name", "account", ["path", "name", "id"])
    op.create_index("ix_audit_actor", "audit", ["actor", "number"])
    op.create_index("ix_audit_target", "audit", ["target", "number"])
    op.create_index("ix_audit_at", "audit", ["at"])
    _execute(_TRIGGERS)


def downgrade() -> None:
    """Take them away."""
    _execute(_AWAY)
    for name in ("at", "target", "actor"):
        op.drop_index(f"ix_audit_{name}", "audit")
    op.drop_index("ix_account_path_name", "account")
    for name in ("address", "browser"):
        op.drop_column("user_session", name)
    for name in ("outside_sign_in", "outside_identity", "api_token"):
        op.drop_table(name)


def _execute(statements: dict[str, list[str]]) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement)


def _user() -> "sa.Column[str]":
    return sa.Column("user_id", sa.String(36), nullable=False)


def _belongs(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_account")
    return sa.ForeignKeyConstraint(["user_id"], ["account.id"], name=name, ondelete="CASCADE")
