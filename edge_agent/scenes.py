"""Reads scenes: the shipped ones, and a room's own, which come before them.

Every mistake is answered with file, line and key.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from contract.standards import COMMANDS
from edge_agent import profiles
from edge_agent.room.scene import Scene, Step


def load(directories: Iterable[Path] = ()) -> dict[str, Scene]:
    """All scenes by id; of two with one id, the one in the earlier directory.

    Raises:
        BadConfiguration: the text names file, line and key.
    """
    found: dict[str, Scene] = {}
    for folder in (*directories, profiles.shipped() / "scenes"):
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, read(path))
    return found


def read(path: Path) -> Scene:
    """The scene in a file.

    Raises:
        BadConfiguration: the text names file, line and key.
    """
    document = profiles.document(path)
    try:
        scene = msgspec.convert(document, Scene, strict=True)
    except msgspec.ValidationError as error:
        raise profiles.mistake(path, (), document, str(error)) from error
    if scene.id != path.stem:
        raise _mistake(path, "id", f"must be the file's name, {path.stem}")
    for number, step in enumerate(scene.steps):
        if why := _wrong(step):
            raise _mistake(path, f"steps[{number}]", why)
    return scene


def _wrong(step: Step) -> str:
    if step.recording == bool(step.role or step.device):
        return "needs a role or a device, or `recording: true`, and not both"
    if step.role and step.device:
        return "role and device exclude each other"
    if not step.recording and step.command is None and step.until is None:
        return "does nothing: give it a command or an until"
    if step.command is not None and not step.command.startswith("x_"):
        if step.command not in COMMANDS:
            return f"no standard command is called {step.command!r}; a profile's own begin with x_"
        if sorted(step.arguments) != sorted(COMMANDS[step.command]):
            wanted = ", ".join(COMMANDS[step.command]) or "none"
            return f"{step.command}: its arguments are {wanted}"
    return ""


def _mistake(path: Path, key: str, what: str) -> profiles.BadProfile:
    return profiles.BadProfile(path, profiles.line_of(path, f"$.{key}"), key, what)
