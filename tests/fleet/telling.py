"""What a room says, given straight to the handlers: without the inbox that sorts out duplicates."""

from datetime import UTC, datetime, timedelta

from contract import codec
from contract import messages as m
from fleet.classrooms import AgentRef
from fleet.db import Session
from fleet.inbox.table import handlers

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(
    agent: AgentRef,
    payload: m.Payload,
    seq: int,
    *,
    seconds: float | None = None,
    epoch: str = "e",
) -> codec.Received:
    """A message as the codec gives it; its time is `seconds` after noon, or as many as `seq`."""
    at = NOON + timedelta(seconds=seq if seconds is None else seconds)
    body = codec.encode_up(
        payload, source=agent.agent, time=at, epoch=epoch, seq=seq, message_id=f"{epoch}-{seq}"
    )
    return codec.decode_up(body)


def handle(session: Session, agent: AgentRef, received: codec.Received) -> None:
    """Run the handlers of a message."""
    for handler in handlers()[type(received.payload)]:
        handler(session, agent, received)
    session.flush()
