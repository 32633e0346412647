"""Reading `room.toml` so that every mistake is answered with file, line and key."""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edge_agent.errors import BadConfiguration

Model = TypeVar("Model", bound=BaseModel)

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+|\"[^\"]+\")\s*(?:=|\.)")
_PATHS = (
    ("agent", "data"),
    ("agent", "profiles"),
    ("agent", "scenes"),
    ("source", "secret_file"),
    ("device", "secret_file"),
    ("panel", "pin_file"),
)


def read(path: Path, model: type[Model]) -> Model:
    """The file as a model.

    Raises:
        BadConfiguration: unreadable, not TOML, or not what the model allows.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path}: cannot be read: {error}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{path}: {error}") from error
    _anchor(document, path.parent)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = [_told(path, text, dict(problem)) for problem in error.errors()]
        raise BadConfiguration("\n".join(problems)) from error


def secret(path: Path) -> tuple[str, str]:
    """User and password from the first two lines of a file.

    Raises:
        BadConfiguration: it cannot be read, others may read it, or it has fewer lines.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"secret_file {path}: cannot be read: {error}") from error
    if os.name != "nt" and mode & 0o077:
        raise BadConfiguration(f"secret_file {path}: others may read it; run: chmod 600 {path}")
    if len(lines) < 2:
        raise BadConfiguration(f"secret_file {path}: needs the user and the password, a line each")
    return lines[0], lines[1]


def line_of(text: str, where: Sequence[str | int]) -> int:
    """The line (from 1) of a key, of the table it should be in, or 1."""
    wanted = [part for part in where if isinstance(part, str)]
    element = next((part for part in where if isinstance(part, int)), 0)
    best, table, count = 1, "", -1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[2]
            if header[1] == "[[" and wanted and table == wanted[0]:
                count += 1
            if wanted and table == wanted[0] and (header[1] == "[" or count == element):
                best = number
            if table == ".".join(wanted) and (header[1] == "[" or count == element):
                return number
        elif key := _KEY.match(line):
            name = key[1].strip('"')
            here = [*table.split("."), name] if table else [name]
            inside = table != (wanted or [""])[0] or count in (-1, element)
            if here == wanted[: len(here)] and inside:
                return number
    return best


def _told(path: Path, text: str, problem: dict[str, Any]) -> str:
    where = [part for part in problem["loc"] if part != "__root__"]
    key = ".".join(str(part) for part in where) or "the file"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        message = "is not known; see docs/guides/room.example.toml for every key"
    elif problem["type"] == "missing":
        message = "is missing"
    got = problem.get("input")
    if isinstance(got, str | int | float) and problem["type"] != "extra_forbidden":
        message = f"{message} (it says {got!r})"
    return f"{path}, line {line_of(text, where)}: {key}: {message}"


def _anchor(document: dict[str, Any], base: Path) -> None:
    for section, key in _PATHS:
        tables = document.get(section)
        for table in tables if isinstance(tables, list) else [tables]:
            if isinstance(table, dict) and isinstance(table.get(key), str):
                table[key] = str(base.absolute() / table[key])
