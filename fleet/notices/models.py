"""The table of what is on its way out of the fleet: mails and webhooks."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText


class Notice(Base):
    """One message to one destination, kept until it is delivered, and as a record after that.

    Attributes:
        id: also tells the receiver that a message that came twice is one.
        channel: `smtp` or `webhook`.
        destination: an e-mail address, or the URL to post to.
        body: plain text of a mail; of a webhook, the JSON that is posted, as it is.
        html: the same mail for programs that show HTML; empty for none.
        secret: a webhook's, to sign with; empty as soon as nothing is sent any more.
        cause: what it is about, `alarm:ID` or `webhook:ID`, to find it by.
        once: two notices never have the same, so that one cause is told once; null is none.
        state: `waiting`, `sent`, or `failed`: given up.
        next_at: when it is tried next. A worker that takes it sets it to when its lease ends.
        why: what went wrong the last time.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_due", "state", "channel", "next_at"),
        Index("ix_notice_cause", "cause", "made_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    destination: Mapped[str] = mapped_column(String(2000))
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(8), default="en")
    secret: Mapped[str] = mapped_column(String(200), default="")
    cause: Mapped[str] = mapped_column(String(200), default="")
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    path: Mapped[str] = mapped_column(PathText, default="", index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(Text, default="")
