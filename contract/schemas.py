"""Generates `docs/contract/` from the contract: `python -m contract.schemas [--check]`.

With `--check` nothing is written; the exit status is 1 when a file differs from the code.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

from contract import asyncapi, http, registry
from contract.profile import Profile, QualityRule

FOLDER = Path(__file__).parent.parent / "docs" / "contract"
_HTTP = (http.EnrolRequest, http.Enrolment, http.RenewRequest, http.Receipt, http.SegmentMetadata)


def documents() -> dict[str, str]:
    """Every generated file: name below `docs/contract/` to text."""
    files = {"asyncapi.json": _json(asyncapi.document()), "topics.md": _table()}
    for channel in (*registry.CHANNELS, registry.FLEET_STATE):
        for name, payload in channel.types.items():
            files[f"schemas/{name}.json"] = _json(msgspec.json.schema(payload))
    files["schemas/profile.json"] = _json(_profile())
    for body in _HTTP:
        files[f"schemas/http.{body.__name__}.json"] = _json(msgspec.json.schema(body))
    return files


def differing(folder: Path = FOLDER) -> list[str]:
    """Names of files that are missing, stale, or no longer generated."""
    wanted = documents()
    present = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "openapi.json"
    }
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def write(folder: Path = FOLDER) -> None:
    """Make the folder exactly what the code says."""
    wanted = documents()
    for name in differing(folder):
        path = folder / name
        if name not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[name], encoding="utf-8")


def _profile() -> dict[str, Any]:
    schema = msgspec.json.schema(Profile)
    # msgspec does not say which keys a mapping of literals may have.
    rules = {"enum": list(get_args(QualityRule))}
    schema["$defs"]["Profile"]["properties"]["quality"]["propertyNames"] = rules
    return schema


def _json(document: object) -> str:
    return json.dumps(_dedented(document), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _dedented(node: Any) -> Any:
    # Python 3.13 strips the indentation of docstrings, older ones do not.
    match node:
        case dict():
            return {
                key: inspect.cleandoc(value)
                if key == "description" and isinstance(value, str)
                else _dedented(value)
                for key, value in node.items()
            }
        case list() | tuple():
            return [_dedented(value) for value in node]
        case _:
            return node


def _table() -> str:
    head = (
        "# Topics\n\nGenerated from `contract/registry.py`; change it there and run "
        "`python -m contract.schemas`.\n\n"
        "| topic | direction | QoS | retained | acknowledged | types | what | since |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(c) for c in (*registry.CHANNELS, registry.FLEET_STATE))


def _row(channel: registry.Channel) -> str:
    types = ", ".join(f"[`{name}`](schemas/{name}.json)" for name in channel.types)
    cells = (
        f"`{asyncapi.address(channel)}`",
        channel.direction,
        str(channel.qos),
        "yes" if channel.retained else "no",
        "end to end" if channel.acknowledged else "never: live" if channel.live else "no",
        types,
        channel.what,
        channel.since,
    )
    return f"| {' | '.join(cells)} |\n"


def main(arguments: list[str]) -> int:
    """Write the documents, or with `--check` say which differ."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m contract.schemas [--check]\n")
        return 2
    if not arguments:
        write()
        return 0
    stale = differing()
    for name in stale:
        sys.stderr.write(f"docs/contract/{name} differs from the code\n")
    if stale:
        sys.stderr.write("run: python -m contract.schemas\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
