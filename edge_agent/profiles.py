"""Reads device profiles: the shipped ones, and those a room keeps beside its `room.toml`.

Every mistake is answered with file, line and key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from contract.profile import Profile
from edge_agent.errors import BadConfiguration

_KEY: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+|\.\.\.)\]")
_AT: Final = re.compile(r" - at (`key` in )?`(\$[^`]*)`$")
_UNKNOWN: Final = re.compile(r"unknown field `([^`]+)`")
_MOST_PARENTS: Final = 5
_LARGEST: Final = 1 << 20
_DEEPEST: Final = 20


class BadProfile(BadConfiguration):
    """A mistake in a profile, with its place.

    Attributes:
        path, line: where it stands.
        key: e.g. `commands.power_on.send`, or `the file`.
        what: what is wrong.
    """

    def __init__(self, path: Path, line: int, key: str, what: str) -> None:
        super().__init__(f"{path}, line {line}: {key}: {what}")
        self.path, self.line, self.key, self.what = path, line, key, what


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
        if path.parent == folder and path.is_file():
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
    """The profile in a file; an empty text in `overrides` removes, as TOML has no null.

    Raises:
        BadConfiguration: the text names file, line and key.
    """
    directories = tuple(directories)
    whole: dict[str, Any] = {}
    for layer in (*reversed(tuple(_parents(path, directories))), path):
        whole = merged(whole, document(layer))
    whole = merged(whole, _with_nulls(overrides or {}))
    try:
        profile = msgspec.convert(whole, Profile, strict=True)
    except msgspec.ValidationError as error:
        raise mistake(path, directories, whole, str(error)) from error
    if profile.id != path.stem:
        raise BadProfile(path, line_of(path, "$.id"), "id", f"must be the file's name, {path.stem}")
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


def _with_nulls(overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _with_nulls(value) if isinstance(value, Mapping) else None if value == "" else value
        for key, value in overrides.items()
    }


def document(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping.

    Aliases, keys given twice, and what is too large or too deep to be a profile are refused.

    Raises:
        BadConfiguration: it cannot be read, or is none; the text names the line.
    """
    try:
        found = _parsed(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise BadProfile(path, mark.line + 1 if mark else 1, "the file", problem) from error
    if not isinstance(found, dict):
        raise BadProfile(path, 1, "the file", "must be a mapping of keys to values")
    return dict(found)


def place_of(path: Path, where: str, directories: Iterable[Path] = ()) -> tuple[Path, int]:
    """The file and line of a place, in the profile's own file or in one it extends."""
    deepest = (path, *_found(path, where))
    for parent in _parents(path, tuple(directories)):
        line, depth = _found(parent, where)
        if depth > deepest[2]:
            deepest = (parent, line, depth)
    return deepest[:2]


def line_of(path: Path, where: str) -> int:
    """The line (from 1) of a place like `$.commands.power_on.send`, or of what is nearest above."""
    return _found(path, where)[0]


def _found(path: Path, where: str) -> tuple[int, int]:
    """The line of a place, and how many of its keys lead there in this file."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    line = 1
    for depth, (name, index) in enumerate(_KEY.findall(where)):
        match node:
            case yaml.MappingNode() if name:
                pairs = [pair for pair in node.value if pair[0].value == name]
                if not pairs:
                    return line, depth
                line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
            case yaml.SequenceNode() if index.isdigit() and int(index) < len(node.value):
                node = node.value[int(index)]
                line = node.start_mark.line + 1
            case _:
                return line, depth
    return line, len(_KEY.findall(where))


class _Loader(yaml.CSafeLoader):
    """Only `true` and `false` are booleans, as in YAML 1.2, and a date is a text.

    PyYAML's own rules are those of YAML 1.1, in which the argument `on` is the key `True`.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class has it so
        first: [
            (tag, re.compile(r"^(?:true|false)$") if tag.endswith(":bool") else pattern)
            for tag, pattern in resolvers
            if not tag.endswith(":timestamp")
        ]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def _parsed(path: Path, _changed: int) -> Any:
    if path.stat().st_size > _LARGEST:
        raise yaml.YAMLError(f"larger than {_LARGEST} bytes")
    text = path.read_text(encoding="utf-8")
    _check_form(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check_keys(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_form(text: str) -> None:
    # Before anything is built of it: an alias can stand for a billion nodes, and the parser's
    # recursion over brackets ends the process.
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, "aliases are not allowed; write it out, or use `extends`")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _refused(event, f"nested deeper than {_DEEPEST} levels")


def _check_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise _refused(key, f"the key {key.value!r} is given twice")
            seen.add(key.value)
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _check_keys(value)


def _refused(at: Any, what: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=at.start_mark)


def _parents(path: Path, directories: tuple[Path, ...]) -> Iterator[Path]:
    """The files a profile is laid over, nearest first."""
    for _ in range(_MOST_PARENTS + 1):
        parent = document(path).get("extends")
        if parent is None:
            return
        try:
            path = path_of(str(parent), directories)
        except BadConfiguration as error:
            raise BadProfile(path, line_of(path, "$.extends"), "extends", str(error)) from error
        yield path
    raise BadProfile(
        path, line_of(path, "$.extends"), "extends", "they extend each other, in a circle"
    )


def mistake(
    path: Path, directories: tuple[Path, ...], whole: dict[str, Any], message: str
) -> BadProfile:
    """What msgspec says of a document that was read from `path`, with its place."""
    what, where = message, "$"
    if at := _AT.search(message):
        what, where = message[: at.start()], at[2] + ("[...]" if at[1] else "")
    where = _exact(whole, where, message)
    if unknown := _UNKNOWN.search(what):
        where = f"{where}.{unknown[1]}"
    file, line = place_of(path, where, directories)
    return BadProfile(file, line, where.removeprefix("$").lstrip(".") or "the file", what)


def _exact(whole: dict[str, Any], where: str, message: str) -> str:
    """`$.commands[...].send` with the name of the command whose absence would mend it."""
    while "[...]" in where:
        above, _, below = where.partition("[...]")
        wrong = next(
            (key for key in _at(whole, above) if message == _said(whole, above, key)), None
        )
        if wrong is None:
            break
        whole = _only(whole, above, wrong)
        where = f"{above}.{wrong}{below}"
    return where


def _said(whole: dict[str, Any], above: str, key: Any) -> str:
    """What is wrong when only one key of a mapping is left."""
    try:
        msgspec.convert(_only(whole, above, key), Profile, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _only(whole: Any, above: str, key: Any) -> Any:
    steps = [name if name else int(index) for name, index in _KEY.findall(above)]
    if not steps:
        return {key: whole[key]}
    copied: Any = list(whole) if isinstance(whole, list) else dict(whole)
    rest = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps[1:])
    copied[steps[0]] = _only(whole[steps[0]], rest, key)
    return copied


def _at(whole: Any, above: str) -> Any:
    for name, index in _KEY.findall(above):
        whole = whole[name] if name else whole[int(index)]
    return whole
