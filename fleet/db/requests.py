"""Transactions of HTTP requests, as FastAPI parameters of `def` routes."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from fleet.db.database import Database


def _reading(request: Request) -> Iterator[Session]:
    database: Database = request.app.state.database
    with database.read() as session:
        yield session


def _writing(request: Request) -> Iterator[Session]:
    database: Database = request.app.state.database
    with database.write() as session:
        yield session


ReadSession = Annotated[Session, Depends(_reading, scope="function")]
"""A transaction that only reads."""

WriteSession = Annotated[Session, Depends(_writing, scope="function")]
"""A transaction that is committed before the response is sent: a 2xx means it is on disk."""
