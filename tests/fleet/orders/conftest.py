"""A fleet with rooms of two institutions of one country."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.databases import Databases
from tests.fleet.orders.country import Country
from tests.fleet.web.application import build


@pytest.fixture
def country(databases: Databases, tmp_path: Path) -> Iterator[Country]:
    (tmp_path / "data").mkdir()
    application = build(tmp_path / "data", database=databases.make(tmp_path / "data/fleet.sqlite"))
    made = Country(application)
    made.unit("Kenya", kind="country")
    made.unit("UoN", "Kenya")
    made.unit("Moi", "Kenya")
    for number in (1, 2):
        made.room(f"Lab {number}", "UoN")
    made.room("Aula", "Moi")
    made.room("Hut", "Moi", presence="lost", macs=("aa:bb:cc:dd:ee:ff",))
    yield made
    application.db.close()
