"""Argon2id, a few at a time: each takes 64 MiB. And which passwords an attacker tries early."""

import threading
from collections.abc import Iterable
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

_hasher = PasswordHash((Argon2Hasher(),))
_turn = threading.BoundedSemaphore(2)


def digest(password: str) -> str:
    """The argon2id digest to store, with its salt and parameters."""
    with _turn:
        return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether the password is the one stored. As slow for somebody who does not exist."""
    with _turn:
        return _hasher.verify(password, stored or _nobody()) and stored is not None


@cache
def _nobody() -> str:
    """Made when it is first needed: every command would wait for it."""
    return _hasher.hash("nobody's password, hashed so that a stranger takes as long as a user")


_HARD_TO_GUESS = 4
"""zxcvbn's best mark: more than ten thousand million guesses."""
_LOOKED_AT = 72
_OURS = ("lectern", "administrator", "classroom", "university")


def guessable(password: str, about: Iterable[str] = ()) -> bool:
    """Whether an attacker would find it early. Asks nobody outside of this machine.

    zxcvbn carries the lists of breached passwords, names and words, and knows keyboard runs,
    dates and the usual disguises. `about` are words that belong to the person.
    """
    words = [part for word in (*about, *_OURS) for part in (word, *word.replace("@", " ").split())]
    return bool(zxcvbn(password[:_LOOKED_AT], words)["score"] < _HARD_TO_GUESS)
