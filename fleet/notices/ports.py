"""What notices need from outside: somebody who carries them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice as it leaves; see `fleet.notices.models.Notice`."""

    id: str
    destination: str
    subject: str
    body: str
    html: str
    language: str
    secret: str


class Undelivered(Exception):
    """It was not taken. `final` says that trying again is of no use."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Channel(Protocol):
    """A way out: a mail server, or the web."""

    async def send(self, notice: Outgoing) -> None:
        """Hand a notice over. When this returns, the other side has it.

        The other side may get it twice, with the same id.

        Raises:
            Undelivered: it has not, or nobody knows.
        """
        ...
