"""The token that only our own pages know."""

import hashlib
import hmac

HEADER = "x-csrf-token"
FIELD = "csrf_token"


def token_for(session_secret: str) -> str:
    """The token of a session: derived from its cookie's value, useless for finding it."""
    return hmac.new(session_secret.encode(), b"lectern csrf", hashlib.sha256).hexdigest()
