"""Reads device profiles: the shipped ones, and those a room keeps beside its `room.toml`.

Every mistake is answered with file, line and key.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from contract.profile import Profile
from edge_agent.errors import BadConfiguration

_KEY: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+|\.\.\.)\]")
_DEEPEST: Final = 5


def shipped() -> Path:
    """The directory of the profiles that come with Lectern."""
    return Path(str(files("device_profiles").joinpath(".")))


def ids(directories: Iterable[Path] = ()) -> tuple[str, ...]:
    """The ids of all profiles to be had, in order."""
    found = (path.stem for folder in (*directories, shipped()) for path in folder.glob("*.yaml"))
    return tuple(sorted(set(found)))


def path_of(profile: str, directories: Iterable[Path] = ()) -> Path:
    """The file of a profile; a room's own directories come before the shipped one.

    Raises:
        BadConfiguration: there is none of that name.
    """
    for folder in (*directories, shipped()):
        path = folder / f"{profile}.yaml"
        if path.is_file():
            return path
    raise BadConfiguration(f"there is no profile {profile!r}; `edge-agent profile list` shows all")


def load(
    profile: str,
    directories: Iterable[Path] = (),
    overrides: Mapping[str, Any] | None = None,
) -> Profile:
    """A profile by its id, laid over what it extends; a room's `overrides` are laid over both.

    Raises:
        BadConfiguration: the text names file, line and key.
    """
    directories = tuple(directories)
    return read(path_of(profile, directories), directories, overrides)


def read(
    path: Path, directories: Iterable[Path] = (), overrides: Mapping[str, Any] | None = None
) -> Profile:
    """The profile in a file.

    Raises:
        BadConfiguration: the text names file, line and key.
    """
    document = _whole(path, tuple(directories), 0)
    try:
        profile = msgspec.convert(merged(document, overrides or {}), Profile, strict=True)
    except msgspec.ValidationError as error:
        raise BadConfiguration(_told(path, str(error))) from error
    if profile.id != path.stem:
        raise BadConfiguration(f"{path}: id: must be the file's name, {path.stem!r}")
    return profile


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One document laid over another: mappings are merged, null removes, the rest replaces."""
    result = dict(below)
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def document(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping.

    Raises:
        BadConfiguration: it cannot be read, or is none; the text names the line.
    """
    try:
        found = _parsed(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise BadConfiguration(f"{path}{line}: {problem}") from error
    if not isinstance(found, dict):
        raise BadConfiguration(f"{path}: must be a mapping of keys to values")
    return dict(found)


def line_of(path: Path, where: str) -> int:
    """The line (from 1) of a place like `$.commands[...].send`, or of what is nearest above it."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    line = 1
    for name, index in _KEY.findall(where):
        match node:
            case yaml.MappingNode() if name:
                pairs = [pair for pair in node.value if pair[0].value == name]
                if not pairs:
                    break
                line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
            case yaml.SequenceNode() if index.isdigit() and int(index) < len(node.value):
                node = node.value[int(index)]
                line = node.start_mark.line + 1
            case _:
                break
    return line


@cache
def _parsed(path: Path, _changed: int) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _whole(path: Path, directories: tuple[Path, ...], depth: int) -> dict[str, Any]:
    own = document(path)
    parent = own.get("extends")
    if parent is None:
        return own
    if depth >= _DEEPEST:
        raise BadConfiguration(f"{path}: extends: profiles extend each other in a circle")
    below = _whole(path_of(str(parent), directories), directories, depth + 1)
    return merged(below, own)


def _told(path: Path, message: str) -> str:
    what, _, where = message.partition(" - at `")
    where = where.rstrip("`")
    key = where.removeprefix("$").lstrip(".") or "the file"
    return f"{path}, line {line_of(path, where)}: {key}: {what}"
