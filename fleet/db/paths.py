"""Places as paths: the ids from the top of the organisation down, each followed by a dot.

What belongs to a unit has its path; the subtree of a unit is every path that begins with its own.
The top, and what belongs to nobody below it, is "".
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

PathText = String(400).with_variant(String(400, collation="C"), "postgresql")
"""Type of a column that holds a path: ordered by bytes, so that a subtree is one range."""


def within(
    column: InstrumentedAttribute[str] | ColumnElement[str], prefixes: Iterable[str]
) -> ColumnElement[bool]:
    """Whether a path lies in one of the subtrees; an index on the column serves it."""
    ranges: list[ColumnElement[bool]] = []
    for prefix in prefixes:
        if not prefix:
            return true()
        ranges.append((column >= prefix) & (column < _after(prefix)))
    return or_(*ranges) if ranges else false()


def inside(path: str, prefix: str) -> bool:
    """Whether a path lies in the subtree of another. The same, of two strings."""
    return path.startswith(prefix)


def _after(prefix: str) -> Any:
    """The first text behind everything that begins with a path, by bytes: "." is before "/"."""
    return f"{prefix[:-1]}/"
