"""What rooms answer becomes the state of their orders."""

from datetime import datetime

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.db import Session, publish
from fleet.orders import repository
from fleet.orders.events import OrderSettled, OrdersQueued
from fleet.orders.rules import OPEN, Said, later, settled

_LONGEST_WHY = 1000


def reply(
    session: Session, agent: AgentRef, received: codec.Received, payload: m.Reply, now: datetime
) -> None:
    """Note what a room says, unless it said something later already, or was not asked."""
    found = repository.lock_target(session, payload.order)
    if found is None:
        return
    target, order = found
    if target.agent_id != agent.agent:
        return
    before = None
    if target.said_at is not None:
        before = Said(target.said, target.said_at, target.said_seq, target.why, target.result)
    said = Said(
        payload.phase,
        received.time,
        received.seq,
        payload.why[:_LONGEST_WHY],
        payload.result or None,
    )
    if later(before, said) is not said:
        return
    stood, target.state = target.state, settled(target.state, said.phase)
    target.why, target.result = said.why, said.result
    target.said, target.said_at, target.said_seq = said.phase, said.at, said.seq
    target.answered_at = now
    target.claimed_until = None
    if target.sent_at is None:
        target.sent_at = now
    if target.state != stood and target.state not in OPEN:
        end = OrderSettled(order.id, target.room_id, order.kind, target.state, target.why, now)
        publish(session, end)


def came_back(session: Session, room_id: str) -> None:
    """Send again what a room has not answered: the broker may not have kept it."""
    if repository.send_again(session, room_id):
        publish(session, OrdersQueued())
