"""What signing in needs from outside."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as an OpenID provider has vouched for them. `email` is "" unless it is verified."""

    issuer: str
    subject: str
    email: str


class OutsideProvider(Protocol):
    """An OpenID provider. All calls block.

    Both raise Refused when the provider cannot be reached or what it says is not right.
    """

    name: str
    """What people call it."""

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send a browser."""

    def identity(self, code: str, issuer: str, nonce: str, verifier: str) -> Identity:
        """Who came back with a code; `issuer` is what the answer said of itself, or ""."""
