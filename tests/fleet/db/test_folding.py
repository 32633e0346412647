"""Texts without case and accents are the same in Python, on SQLite and on PostgreSQL."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, literal, select

from fleet.db import Database
from fleet.db.folding import fold, folded, has

LETTERS = st.one_of(
    st.characters(
        min_codepoint=0x20,
        max_codepoint=0x139F,
        categories=("L", "M", "N", "Zs", "P"),
        exclude_characters="\u0345",
    ),
    st.characters(min_codepoint=0x1E00, max_codepoint=0x1EFF),
)
"""Of names as they are written today; Cherokee and Greek of old are folded a little otherwise."""


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Лекционная 3", "лекционная"),
        ("ЛЕКЦИОННАЯ 3", "лекц"),
        ("École polytechnique", "ÉCOLE"),
        ("École polytechnique", "ecole"),
        ("Ecole polytechnique", "éco"),
        ("İstanbul", "istanbul"),
        ("istanbul", "İSTAN"),
        ("Straße", "STRASSE"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("قَاعة", "قاعة"),
        ("Lecture 100%", "0%"),
        ("Lab_1", "b_1"),
    ],
)
def test_names_are_found_however_they_are_typed(database: Database, name: str, typed: str) -> None:
    assert _answer(database, name, typed).found
    assert not _answer(database, name, f"{typed}#").found
    assert not _answer(database, "Room 7", typed).found


def test_signs_of_patterns_mean_themselves(database: Database) -> None:
    assert not _answer(database, "Salle à 1000", "0%").found
    assert not _answer(database, "Läb 1", "b_1").found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(LETTERS, max_size=20))
def test_databases_fold_as_python_does(database: Database, text: str) -> None:
    assert _answer(database, text, "").folded == fold(text)


def _answer(database: Database, name: str, typed: str) -> "Row[str, bool]":
    query = select(folded(literal(name)).label("folded"), has(literal(name), typed).label("found"))
    with database.read() as session:
        return session.execute(query).one()
