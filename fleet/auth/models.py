"""Tables of people, their rights and their sessions. Secrets are kept only as digests."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fleet.db import Base, UtcDateTime, new_id
from fleet.db.paths import PathText


class User(Base):
    """A person. `email` is lower case; without a `password` they cannot sign in yet.

    `path` is the unit whose staff look after the account.
    """

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    path: Mapped[str] = mapped_column(PathText, default="", server_default="")
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")


class Grant(Base):
    """A role of a user in the subtree of a unit's `path`; "" is the whole organisation."""

    __tablename__ = "role_grant"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(PathText, default="", server_default="")


class UserSession(Base):
    """A browser that is signed in. `id` is the SHA-256 of what its cookie holds."""

    __tablename__ = "user_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OneTimeLink(Base):
    """A link with which a person sets their password once. `id` is the SHA-256 of its token."""

    __tablename__ = "one_time_link"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInTry(Base):
    """An attempt that has not succeeded (yet), for the throttle."""

    __tablename__ = "sign_in_try"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
