"""All SQL of publishing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fleet.publishing.models import MediaFile, Publication, State

UNFINISHED: tuple[State, ...] = ("due", "processing")
MADE: tuple[State, ...] = ("held", "published")


def one(session: Session, lesson_id: str, revision: int) -> Publication | None:
    """One revision."""
    return session.scalar(
        select(Publication).where(
            Publication.lesson_id == lesson_id, Publication.revision == revision
        )
    )


def newest(
    session: Session, lesson_id: str, states: Sequence[State] | None = None
) -> Publication | None:
    """The newest revision, or the newest in one of these states."""
    query = select(Publication).where(Publication.lesson_id == lesson_id)
    if states is not None:
        query = query.where(Publication.state.in_(states))
    return session.scalar(query.order_by(Publication.revision.desc()).limit(1))


def newest_of(session: Session, lesson_ids: Sequence[str]) -> list[Publication]:
    """The newest revision of each lesson that has one."""
    last = (
        select(Publication.lesson_id, func.max(Publication.revision).label("revision"))
        .where(Publication.lesson_id.in_(lesson_ids))
        .group_by(Publication.lesson_id)
        .subquery()
    )
    query = select(Publication).join(
        last,
        (Publication.lesson_id == last.c.lesson_id) & (Publication.revision == last.c.revision),
    )
    return list(session.scalars(query))


def published(session: Session, lesson_ids: Sequence[str]) -> set[str]:
    """Those of the lessons that have something to play."""
    query = select(Publication.lesson_id).where(
        Publication.lesson_id.in_(lesson_ids), Publication.state == "published"
    )
    return set(session.scalars(query))


def older(session: Session, publication: Publication) -> list[Publication]:
    """The revisions that this one replaces."""
    query = select(Publication).where(
        Publication.lesson_id == publication.lesson_id,
        Publication.revision < publication.revision,
        Publication.state != "superseded",
    )
    return list(session.scalars(query))


def forget_shown(session: Session, lesson_id: str) -> None:
    """No revision of the lesson counts as published any more."""
    session.execute(
        update(Publication).where(Publication.lesson_id == lesson_id).values(published_at=None)
    )


def unfinished(session: Session) -> list[Publication]:
    """What must be made playable, oldest first."""
    query = select(Publication).where(Publication.state.in_(UNFINISHED))
    return list(session.scalars(query.order_by(Publication.updated_at)))


def without_low(session: Session) -> list[Publication]:
    """What can be played, and still lacks its low-bitrate copies."""
    query = select(Publication).where(Publication.state.in_(MADE), Publication.low == "due")
    return list(session.scalars(query.order_by(Publication.published_at)))


def superseded_before(session: Session, moment: datetime) -> list[Publication]:
    """Replaced revisions that still have files though nobody can be watching them any more."""
    query = select(Publication).where(
        Publication.state == "superseded",
        Publication.updated_at < moment,
        Publication.files.any(),
    )
    return list(session.scalars(query))


def file(
    session: Session, lesson_id: str, revision: int, name: str
) -> tuple[Publication, MediaFile] | None:
    """One file of a revision, and the revision."""
    query = (
        select(Publication, MediaFile)
        .join(MediaFile, MediaFile.publication_id == Publication.id)
        .where(
            Publication.lesson_id == lesson_id,
            Publication.revision == revision,
            MediaFile.name == name,
        )
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None
