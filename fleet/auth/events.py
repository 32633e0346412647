"""What this folder announces, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Sessions of somebody ended, by id: what is shown live in them has to end."""

    user_id: str
    sessions: tuple[str, ...]
