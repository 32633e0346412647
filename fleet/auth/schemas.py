"""JSON of people."""

from pydantic import BaseModel


class SessionOut(BaseModel):
    """Whoever the session belongs to."""

    user: str
    email: str
    name: str
    permissions: list[str]
