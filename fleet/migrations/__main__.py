"""For developers: `python -m fleet.migrations "Give rooms a floor"` drafts the next revision.

It compares the tables in the code with a fresh database at the newest revision. Read the draft
before committing it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from fleet import migrations
from fleet.db import Database


def main(message: str) -> None:
    """Write the draft into `versions/`."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(f"sqlite:///{Path(directory) / 'draft.sqlite'}")
        migrations.upgrade(database)
        with database.engine.begin() as connection:
            command.revision(migrations.configuration(connection), message, autogenerate=True)
        database.close()


main(sys.argv[1])
