"""Tables of what was received and of what could not be read."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime


class ReceivedRange(Base):
    """Sequence numbers of one outbox that the database holds: `first` to `last`, inclusive.

    Ranges of one outbox neither overlap nor touch.
    """

    __tablename__ = "received_range"

    agent_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(64), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)


class DeadLetter(Base):
    """A message that could not be read or handled. `body` is whole if it was acknowledged."""

    __tablename__ = "dead_letter"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    agent_id: Mapped[str] = mapped_column(String(48), index=True)
    topic: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)
