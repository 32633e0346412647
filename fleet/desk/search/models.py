"""Table of the words that things are found by."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base
from fleet.db.paths import PathText

Word = String(64).with_variant(String(64, collation="C"), "postgresql")
"""Ordered by bytes, so that all words with one beginning are one range."""


class SearchTerm(Base):
    """One word about one thing. `search.handlers` keeps them, and nobody else.

    Attributes:
        kind: see `search.words.Kind`.
        word: folded by `db.folding.fold`.
        path: where the thing belongs, or `auth.rules.SHARED`.
        ref: its id; of a device its room's and its name, with a slash between.
        room_id: the room it moves with, or empty.
    """

    __tablename__ = "search_term"
    __table_args__ = (
        Index("ix_search_term_ref", "ref", "kind", "word"),
        Index("ix_search_term_room", "room_id"),
        {"sqlite_with_rowid": False},
    )

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    word: Mapped[str] = mapped_column(Word, primary_key=True)
    path: Mapped[str] = mapped_column(PathText, primary_key=True)
    ref: Mapped[str] = mapped_column(String(140), primary_key=True)
    room_id: Mapped[str] = mapped_column(String(36), default="", server_default="")
