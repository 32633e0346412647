"""Argon2id, a few at a time: each takes 64 MiB."""

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_hasher = PasswordHash((Argon2Hasher(),))
_turn = threading.BoundedSemaphore(2)
_nobody = _hasher.hash("nobody's password, hashed so that a stranger takes as long as a user")


def digest(password: str) -> str:
    """The argon2id digest to store, with its salt and parameters."""
    with _turn:
        return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether the password is the one stored. As slow for somebody who does not exist."""
    with _turn:
        return _hasher.verify(password, stored or _nobody) and stored is not None
