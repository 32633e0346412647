"""One batch of messages, one transaction: read, sort out duplicates, handle, remember.

What this returns as stored is stored: whoever acknowledges it may do so at once.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from contract import codec, registry, topics
from fleet import traces
from fleet.classrooms import AgentRef
from fleet.classrooms import repository as agents
from fleet.classrooms.models import Agent
from fleet.classrooms.ports import Incoming
from fleet.db import Database, OperationalError, Session, savepoint
from fleet.inbox import ranges, repository
from fleet.inbox.models import DeadLetter
from fleet.inbox.ranges import Range
from fleet.inbox.table import Handler, Table

log = logging.getLogger(__name__)
Outbox = tuple[str, str]
"""An agent and the epoch of its outbox."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch: what may be acknowledged, and counts for the log."""

    acks: dict[Outbox, list[Range]] = field(default_factory=dict)
    stored: int = 0
    duplicates: int = 0
    dead: int = 0
    strangers: int = 0

    def add(self, other: "Outcome") -> None:
        """Count what became of other messages, too."""
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.dead += other.dead
        self.strangers += other.strangers
        for outbox, seqs in other.acks.items():
            self.acks[outbox] = ranges.merged([*self.acks.get(outbox, ()), *seqs])


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message whose sender is known; `received` is None if it cannot be read, `why` says why."""

    incoming: Incoming
    agent: str
    epoch: str
    seq: int
    received: codec.Received | None
    why: str = ""

    @property
    def numbered(self) -> bool:
        """Whether it can be acknowledged."""
        return bool(self.epoch) and self.seq > 0


_MAX_EPOCH = 64
_MOST_KEPT = 1000


def receive(
    database: Database, table: Table, batch: Sequence[Incoming], *, careful: bool
) -> Outcome:
    """Store a batch. When it returns, what it acknowledges is durable.

    `careful` gives each message its own savepoint, so that one that cannot be handled goes to
    the dead letters alone; without, it is faster and raises what a handler raises.
    """
    letters = [letter for item in batch if (letter := _open(item)) is not None]
    outcome = Outcome(strangers=len(batch) - len(letters))
    _deliver(database, table, letters, outcome, careful=careful)
    return outcome


def dead_letters(session: Session, limit: int = 50) -> Sequence[DeadLetter]:
    """What rooms said and nobody understood, the newest first, each with its reason."""
    return repository.newest_dead_letters(session, limit)


def refuse(database: Database, message: Incoming, why: str) -> Outcome:
    """Bury a message that no handler and no table can take, and acknowledge it."""
    outcome = Outcome()
    letter = _open(message)
    if letter is not None:
        unread = replace(letter, received=None, why=why)
        _deliver(database, {}, [unread], outcome, careful=True)
    return outcome


def _deliver(
    database: Database, table: Table, letters: list[_Letter], outcome: Outcome, *, careful: bool
) -> None:
    with database.write() as session:
        known = agents.lock_agents(session, (letter.agent for letter in letters))
        # Held until the end: a batch of ten thousand rooms that come and go asks once, not each.
        _rooms = agents.rooms_of_agents(session, known.values())
        by_outbox: dict[Outbox, list[_Letter]] = defaultdict(list)
        for letter in letters:
            agent = known.get(letter.agent)
            if agent is None or agent.revoked_at is not None:
                outcome.strangers += 1
                continue
            epoch = letter.epoch if letter.numbered else ""
            by_outbox[letter.agent, epoch].append(letter)
        for (agent_id, epoch), mine in by_outbox.items():
            _store(session, table, known[agent_id], epoch, mine, outcome, careful=careful)


def _store(
    session: Session,
    table: Table,
    agent: Agent,
    epoch: str,
    letters: list[_Letter],
    outcome: Outcome,
    *,
    careful: bool,
) -> None:
    """Handle what one outbox sent; epoch "" is what came outside an outbox."""
    now = datetime.now(UTC)
    agent.seen_at = now
    before: list[Range] = []
    if epoch:
        numbers = [letter.seq for letter in letters]
        before = repository.touching(session, agent.id, epoch, min(numbers), max(numbers))
    done: set[int] = set()
    who = AgentRef(agent.id, agent.room_id)
    for letter in letters:
        if epoch and (letter.seq in done or ranges.holds(before, letter.seq)):
            outcome.duplicates += 1
            continue
        why = letter.why
        if letter.received is not None:
            ids = traces.MessageIds(agent.id, letter.epoch, letter.seq, letter.received.id)
            with traces.handling(ids):
                why = _handle(session, table, who, letter.received, careful=careful)
        if why:
            _bury(session, letter, why, now)
            outcome.dead += 1
        else:
            outcome.stored += 1
        done.add(letter.seq)
    if epoch:
        after = ranges.merged([*before, *ranges.of(done)])
        repository.replace(session, agent.id, epoch, before, after)
        outcome.acks[agent.id, epoch] = ranges.of(letter.seq for letter in letters)


def _handle(
    session: Session, table: Table, who: AgentRef, received: codec.Received, *, careful: bool
) -> str:
    """Run the handlers of a message; returns why they could not, or nothing."""
    todo = table.get(type(received.payload), ())
    if not careful:
        _run(todo, session, who, received)
        return ""
    try:
        with savepoint(session):
            _run(todo, session, who, received)
            session.flush()
    except OperationalError:
        raise  # the database, not the message
    except Exception as error:
        log.warning("cannot handle %s of agent=%s", received.type, who.agent, exc_info=error)
        return f"{type(error).__name__}: {error}"
    return ""


def _run(
    todo: Sequence[Handler], session: Session, who: AgentRef, received: codec.Received
) -> None:
    for handler in todo:
        handler(session, who, received)


def _bury(session: Session, letter: _Letter, why: str, now: datetime) -> None:
    body = letter.incoming.body
    if not letter.numbered and repository.dead_letters_of(session, letter.agent) >= _MOST_KEPT:
        return  # counted; one broken PC must not fill the disk
    repository.bury(
        session,
        agent=letter.agent,
        topic=letter.incoming.topic,
        reason=why,
        body=body if letter.numbered else body[: repository.KEPT_UNREADABLE],
        now=now,
    )


def _open(incoming: Incoming) -> _Letter | None:
    """Read a message; None if its topic names no agent."""
    place = topics.parse(incoming.topic)
    if place is None:
        return None
    agent, channel = place
    try:
        received = codec.decode_up(incoming.body)
    except codec.Malformed as error:
        epoch, seq = _numbers_of(incoming.body)
        return _Letter(incoming, agent, epoch, seq, None, str(error))
    if not _can_be_stored(received.epoch):
        return _Letter(incoming, agent, "", 0, None, "epoch is too long, or not plain text")
    why = _misplaced(agent, channel, received)
    return _Letter(incoming, agent, received.epoch, received.seq, None if why else received, why)


def _misplaced(agent: str, channel: str, received: codec.Received) -> str:
    if received.source != agent:
        return f"says it is from {received.source!r}, but was sent by {agent!r}"
    place = registry.BY_NAME.get(channel)
    if place is None or place.direction != "up":
        return f"no room sends on channel {channel!r}"
    known = registry.PAYLOAD_OF_TYPE.get(received.type)
    if known is not None and received.type not in place.types:
        return f"{received.type} does not belong on channel {channel!r}"
    return ""


def _numbers_of(body: bytes) -> tuple[str, int]:
    """What is needed to acknowledge a message that cannot be read; ("", 0) if not even that.

    Without an acknowledgement its room would send it for ever. Python's own reader takes more
    than JSON is: NaN, for one.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", 0
    match found:
        case {"epoch": str(epoch), "seq": int(seq)} if 0 < seq < 2**63 and _can_be_stored(epoch):
            return epoch, seq
    return "", 0


def _can_be_stored(epoch: str) -> bool:
    return len(epoch) <= _MAX_EPOCH and (epoch.isprintable() or not epoch)
