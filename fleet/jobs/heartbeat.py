"""Which workers live: their rows, and how a dead one is known."""

import socket
from datetime import datetime, timedelta

import psutil
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fleet.jobs.models import Worker

LEASE = timedelta(seconds=30)
"""A worker on another machine is dead when it has been silent for this long."""


def enter(session: Session, worker_id: str, now: datetime) -> None:
    """Say that this process works."""
    me = psutil.Process()
    session.add(
        Worker(
            id=worker_id,
            host=socket.gethostname(),
            pid=me.pid,
            born=me.create_time(),
            seen_at=now,
        )
    )


def beat(session: Session, worker_id: str, now: datetime) -> bool:
    """Say that this process still works; False when others have taken it for dead."""
    changed = session.execute(
        update(Worker).where(Worker.id == worker_id).values(seen_at=now).returning(Worker.id)
    )
    return changed.first() is not None


def retire(session: Session, worker_id: str, now: datetime) -> None:
    """Say that this process works no more: for the others it is dead at once."""
    session.execute(
        update(Worker).where(Worker.id == worker_id).values(host="", seen_at=now - 2 * LEASE)
    )


def leave(session: Session, worker_id: str) -> None:
    """Remove a worker; what it left unfinished must have been taken over before."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def dead(session: Session, worker_id: str, now: datetime) -> list[str]:
    """The other workers that do not work any more."""
    others = session.scalars(select(Worker).where(Worker.id != worker_id).order_by(Worker.id)).all()
    return [other.id for other in others if _is_dead(other, now)]


def any_alive(session: Session, now: datetime) -> bool:
    """Whether somebody works on this database."""
    return any(not _is_dead(one, now) for one in session.scalars(select(Worker)))


def _is_dead(worker: Worker, now: datetime) -> bool:
    if worker.host != socket.gethostname():
        return now - worker.seen_at > LEASE
    try:
        process = psutil.Process(worker.pid)
        # Some systems report the start with the resolution of a clock tick.
        another = abs(process.create_time() - worker.born) > 1.0
        return bool(another or process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
