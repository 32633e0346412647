"""Short names of units, for files and commands. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Container
from functools import cache

from babel import Locale

TOP = "top"
"""The code of the unit above all."""

LONGEST = 64
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def is_code(text: str) -> bool:
    """Whether it can be a code: small Latin letters, digits, single hyphens, 64 at most."""
    return len(text) <= LONGEST and _CODE.fullmatch(text) is not None


def slug(name: str) -> str:
    """A name in the letters of a code; a name without any such letter becomes a digest of it."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[: LONGEST - 8].rstrip("-")
    return words or hashlib.sha256(name.encode()).hexdigest()[:8]


def free(wish: str, taken: Container[str]) -> str:
    """The code wished for, with a number behind it if somebody has it."""
    if wish not in taken:
        return wish
    number = 2
    while (made := f"{wish[: LONGEST - 8]}-{number}") in taken:
        number += 1
    return made


def wish(kind: str, name: str, iso2: str, country: str) -> str:
    """The code a new unit would like to have: `africa`, `ke`, `ke-university-of-nairobi`."""
    if kind == "country" and iso2:
        return iso2.lower()
    if kind == "institution" and country:
        return f"{country.lower()}-{slug(name)}"
    return slug(name)


def is_country(iso2: str) -> bool:
    """Whether two capital letters are the code of a country or territory."""
    return len(iso2) == 2 and iso2.isalpha() and iso2 in _territories()


@cache
def _territories() -> frozenset[str]:
    return frozenset(Locale("en").territories) - {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
