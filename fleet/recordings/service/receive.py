"""What a room says of its takes. Messages may come twice, late and in any order."""

from datetime import datetime

import msgspec

from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.db import Session
from fleet.errors import Refused
from fleet.recordings import repository
from fleet.recordings.models import Recording, StoredSegment
from fleet.recordings.service.complete import check_complete
from fleet.recordings.service.link import match


def take_started(session: Session, agent: AgentRef, said: m.TakeStarted) -> None:
    """A take began."""
    row = _recording(session, agent, said)
    if row.lesson_id is None:
        match(session, row)


def segment_announced(session: Session, agent: AgentRef, said: m.SegmentClosed) -> None:
    """A segment was closed; where it lies in its take."""
    one = said.segment
    row = repository.segment(session, agent.agent, said.take, one.track, one.index)
    if row is None:
        row = StoredSegment(agent_id=agent.agent, take_id=said.take, track=one.track, idx=one.index)
        repository.add_segment(session, row)
    row.run, row.start, row.duration = one.run, one.start, one.duration


def slide_changed(session: Session, agent: AgentRef, said: m.SlideChanged) -> None:
    """The presentation shows another page."""
    repository.note_slide(session, agent.agent, said.take, said.track, said.at)


def take_ended(session: Session, agent: AgentRef, said: m.TakeEnded, now: datetime) -> None:
    """A take ended; its manifest says what must be held."""
    row = _recording(session, agent, said)
    manifest = msgspec.json.decode(msgspec.json.encode(said))
    if row.manifest == manifest:
        return
    row.manifest, row.state, row.announced = manifest, "waiting", False
    row.started_at, row.ended_at = said.started_at, said.ended_at
    row.duration, row.end_reason = said.duration, said.reason
    session.flush()
    match(session, row)
    session.flush()
    check_complete(session, row, now)


def _recording(session: Session, agent: AgentRef, said: m.TakeStarted | m.TakeEnded) -> Recording:
    row = repository.recording(session, said.take)
    if row is None:
        row = Recording(
            id=said.take,
            agent_id=agent.agent,
            room_id=agent.room,
            hint=said.lesson,
            course=said.course,
            state="recording",
            started_at=said.started_at,
        )
        repository.add(session, row)
    elif row.agent_id != agent.agent:
        raise Refused(f"take {said.take} belongs to another agent")
    elif row.course is None:
        row.course = said.course  # chosen while it was being recorded
    return row
