"""Where rooms, people and grants belong, as paths; how each room stands."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns."""
