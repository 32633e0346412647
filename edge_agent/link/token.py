"""The bearer token of a room's HTTP requests: a short ES256 JWT signed by its identity's key."""

import uuid
from collections.abc import Callable
from datetime import datetime

from joserfc import jwk, jwt

from contract.http import TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_LIFETIME_SECONDS
from edge_agent.link.identity import IdentityStore

_EARLY_SECONDS = 60
"""A token is not used in its last minute: it must be valid when the server reads it."""


class TokenSigner:
    """Signs tokens, and gives the same one out until it nears its end.

    Args:
        store: whose identity's key signs.
        now: the fleet's time, so that a room with a wrong clock is still understood.
    """

    def __init__(self, store: IdentityStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self.reload()

    def reload(self) -> None:
        """Sign with the key of the store's present identity from now on."""
        identity = self._store.require()
        self._agent = identity.agent
        self._key = jwk.ECKey.import_key(identity.key.read_bytes())
        self._token = ""
        self._issued = 0

    def bearer(self) -> str:
        """A token for an `Authorization: Bearer` header."""
        at = int(self._now().timestamp())
        if not self._token or not 0 <= at - self._issued < TOKEN_LIFETIME_SECONDS - _EARLY_SECONDS:
            self._token = self._sign(at)
            self._issued = at
        return self._token

    def _sign(self, at: int) -> str:
        claims = {
            "iss": self._agent,
            "sub": self._agent,
            "aud": TOKEN_AUDIENCE,
            "iat": at,
            "nbf": at,
            "exp": at + TOKEN_LIFETIME_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode({"alg": TOKEN_ALGORITHM}, claims, self._key, [TOKEN_ALGORITHM])
