"""Text without case and accents, the same in Python and on both databases.

The databases' own ways differ: SQLite's `lower` knows ASCII, PostgreSQL's what the locale of the
database knows, and neither finds `École` by `ecole`.
"""

import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, case, cast, collate, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

_NAME = "lectern_fold"


def fold(text: str) -> str:
    """Without case, accents and other marks: `École` and `ECOLE` are one word."""
    loose = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in loose if not unicodedata.combining(one))


def has(column: ColumnElement[str] | InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a column has a text in it, case and accents aside.

    Most names are ASCII, and those are made small by the database at once; the others cost ten
    times as much.
    """
    small = case((ascii_only(column), func.lower(column)), else_=folded(column))
    return small.contains(fold(text), autoescape=True)


class ascii_only(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function that it is
    """Whether a text is ASCII: as many bytes as characters."""

    inherit_cache = True


class folded(FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it is
    """A column as `fold` has it."""

    type = String()
    inherit_cache = True


@compiles(ascii_only)
def _octets(element: ascii_only, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    octets = func.octet_length(column)
    return f"({compiler.process(octets == func.length(column), **options)})"


@compiles(ascii_only, "sqlite")
def _sqlite_octets(element: ascii_only, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    octets = func.length(cast(column, LargeBinary))
    return f"({compiler.process(octets == func.length(column), **options)})"


@compiles(folded)
def _folded(element: folded, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    small = func.lower(collate(column, "und-x-icu"))
    # What `str.casefold` does and no `lower`.
    small = func.replace(func.translate(small, "ς", "σ"), "ß", "ss")
    loose = func.normalize(small, literal_column("NFKD"))
    return str(compiler.process(func.regexp_replace(loose, _marks(), "", "g"), **options))


@compiles(folded, "sqlite")
def _sqlite_folded(element: folded, compiler: Any, **options: Any) -> str:
    return str(compiler.process(getattr(func, _NAME)(*element.clauses), **options))


def give(connection: Any) -> None:
    """Let a new connection of SQLite know how to fold."""
    connection.create_function(_NAME, 1, fold, deterministic=True)


@cache
def _marks() -> str:
    """A regular expression of all signs that are marks on others."""
    return f"[{''.join(_ranges())}]"


def _ranges() -> Iterator[str]:
    first = None
    for code in range(sys.maxunicode + 2):
        mark = code <= sys.maxunicode and unicodedata.combining(chr(code)) != 0
        if mark and first is None:
            first = code
        elif not mark and first is not None:
            yield f"\\U{first:08x}-\\U{code - 1:08x}"
            first = None
