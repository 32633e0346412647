"""The application under test, with a country and two institutions."""

from dataclasses import dataclass

import pytest

from fleet.orgs import service as orgs
from tests.fleet.web.application import Application, application

__all__ = ["application"]


@dataclass
class Places:
    """Paths and ids of units."""

    country: str
    nairobi: str
    mombasa: str
    country_id: str
    nairobi_id: str


@pytest.fixture
def places(application: Application) -> Places:
    with application.db.write() as session:
        top = orgs.root(session)
        kenya = orgs.add(session, parent_id=top.id, kind="country", name="Kenya", code="ke")
        made = [
            orgs.add(session, parent_id=kenya.id, kind="institution", name=name, code=f"ke-{code}")
            for name, code in (("University of Nairobi", "uon"), ("Technical Mombasa", "tum"))
        ]
    return Places(kenya.path, made[0].path, made[1].path, kenya.id, made[0].id)
