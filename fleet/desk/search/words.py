"""Words that things are found by. Pure."""

import re
from typing import Final, Literal, get_args

from fleet.db.folding import fold

Kind = Literal["room", "unit", "device", "agent", "course", "lesson", "person"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_LONGEST = 64
_MOST = 24
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1780-\u17ff]")
_AROUND = "()[]{}.,;:!?\"'"
_BOUND = "\U0010ffff"


def words(*texts: str) -> frozenset[str]:
    """The words of some texts, for the index.

    What is written in one, such as `pjlink-class-1`, is a word as a whole too. In writing without
    spaces, a word begins at each sign.
    """
    found: list[str] = []
    for text in map(fold, texts):
        for whole in text.split():
            parts = _WORD.findall(whole)
            if parts != [whole]:
                found.append(whole.strip(_AROUND))
            for part in parts:
                found.append(part)
                if _WITHOUT_SPACES.search(part):
                    found += (part[start:] for start in range(1, len(part)))
    return frozenset(one[:_LONGEST] for one in dict.fromkeys(found[: _MOST * 4]) if one)


def asked(text: str) -> list[str]:
    """The words somebody asks for; each stands for all that begin with it."""
    parts = [one.strip(_AROUND)[:_LONGEST] for one in fold(text).split()]
    return list(dict.fromkeys(one for one in parts if one))[:_MOST]


def bounds(word: str) -> tuple[str, str]:
    """The first text of all that begin with a word, and the first behind them, by bytes."""
    return word, word + _BOUND
