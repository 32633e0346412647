"""What can be wrong in a profile beyond its form.

`lint(path)` reads a file and gives every mistake with file, line and key. The rules are
generators over a profile that is well formed: `words` the standard vocabulary, `sense` whether
its parts fit together, `honesty` whether its verification and quality card claim what it shows;
the codec adds what it cannot read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.profile import Profile
from edge_agent import profiles
from edge_agent.drivers import registry
from edge_agent.errors import BadConfiguration
from edge_agent.profile_lint import honesty, sense, words

Mistake = tuple[str, str]
"""Where, e.g. `commands.power_on.send` or `alarms[0].point`, and what is wrong there."""

_RULES: Final[tuple[Callable[[Profile], Iterator[Mistake]], ...]] = (
    words.mistakes,
    sense.mistakes,
    honesty.mistakes,
)
_PATH: Final = re.compile(
    r"(?P<place>(?:(?:commands|readings)\.\w+|golden\[\d+\]|codec)"
    r"(?:(?:: |\.)(?:send|expect|query|parse|values|sent|received|parameters)\b)*): "
)
_NAMED: Final = re.compile(r"(?P<table>command|reading) ['\"`]?(?P<name>\w+)")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake and where it stands; as text, `file:line: key: what`, as editors know it."""

    path: Path
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.key}: {self.what}"


def lint(path: Path, directories: Iterable[Path] = ()) -> tuple[Problem, ...]:
    """Every mistake in the profile in a file, in the order of its lines."""
    directories = tuple(directories)
    try:
        profile = profiles.read(path, directories)
    except profiles.BadProfile as error:
        return (Problem(error.path, error.line, error.key, error.what),)
    except BadConfiguration as error:
        return (Problem(path, 1, "the file", str(error)),)
    found = [
        Problem(*profiles.place_of(path, f"$.{where}", directories), where, what)
        for where, what in mistakes(profile)
    ]
    return tuple(sorted(found, key=lambda problem: (problem.path != path, problem.line)))


def mistakes(profile: Profile) -> Iterator[Mistake]:
    """Every mistake in a profile, wherever it came from."""
    for rule in _RULES:
        yield from rule(profile)
    yield from _of_its_codec(profile)


def _of_its_codec(profile: Profile) -> Iterator[Mistake]:
    if profile.codec.name not in registry.CODECS:
        yield "codec.name", f"there is no such codec, only {', '.join(registry.CODECS)}"
        return
    for said in registry.codec(profile.codec.name).problems(profile):
        if path := _PATH.match(said):
            yield path["place"].replace(": ", "."), said[path.end() :]
        else:
            yield _place(profile, said), said


def _place(profile: Profile, said: str) -> str:
    """The place a codec's words speak of, as near as they tell."""
    if (named := _NAMED.match(said)) and named["name"] in getattr(profile, f"{named['table']}s"):
        return f"{named['table']}s.{named['name']}"
    frames = (n for n, golden in enumerate(profile.golden) if f"golden {golden.sent}" in said)
    return f"golden[{number}]" if (number := next(frames, None)) is not None else "codec"
