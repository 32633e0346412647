"""The token that only our own pages know.

Pages are compressed and may repeat what an address said, so a token that is the same in each
could be guessed letter by letter from their lengths (BREACH). Each page therefore carries it
under another mask.
"""

import hashlib
import hmac
import secrets

HEADER = "x-csrf-token"
FIELD = "csrf_token"
_LENGTH = 32  # bytes of SHA-256


def token_for(session_secret: str) -> str:
    """A token for one page of a session; useless for finding the session's secret."""
    mask = secrets.token_bytes(_LENGTH)
    return (mask + _mixed(mask, _token(session_secret))).hex()


def fits(token: str, session_secret: str) -> bool:
    """Whether a token was made for this session."""
    try:
        given = bytes.fromhex(token)
    except ValueError:
        return False
    found = _mixed(given[:_LENGTH], given[_LENGTH:])
    return hmac.compare_digest(found, _token(session_secret))


def _token(session_secret: str) -> bytes:
    return hmac.new(session_secret.encode(), b"lectern csrf", hashlib.sha256).digest()


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
