"""Generates `docs/guides/supported-devices.md` from the shipped profiles.

`python -m edge_agent.supported_devices [--check]`. With `--check` nothing is written; the exit
status is 1 when the page differs from the profiles.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from contract.profile import Command, Profile, Reading, Transport
from contract.standards import RULES
from edge_agent import profiles

PAGE: Final = Path(__file__).parent.parent / "docs" / "guides" / "supported-devices.md"

_HEAD: Final = """\
# Supported devices

Generated from `device_profiles/` by `python -m edge_agent.supported_devices`; change a profile, \
not this page.

What a profile is worth: **verified** was tried on a real device; **from-document** was typed from \
the named document and agrees with its frames, and with a simulator judged by programs not written \
here where its card says so; **unverified** means that no public command table was found, and it \
builds on a generic family: try it with `edge-agent profile probe` before you rely on it. A device \
that is not here often speaks one of the generic protocols, or needs a file of its own: \
[describe-your-room.md](describe-your-room.md).

"""


def page() -> str:
    """The page as the shipped profiles have it."""
    found = [profiles.load(name) for name in profiles.ids()]
    found.sort(key=lambda profile: (profile.kind, profile.id))
    return _HEAD + "".join(_table(found)) + "".join(part for p in found for part in _section(p))


def _table(found: list[Profile]) -> Iterator[str]:
    yield "| what | models | profile | verification | over | quality |\n|---|---|---|---|---|---|\n"
    for p in found:
        done = sum(quality.status == "done" for quality in p.quality.values())
        rules = sum(quality.status != "exempt" for quality in p.quality.values())
        over = ", ".join(_over(transport) for transport in p.transports)
        yield _row(
            p.kind,
            f"{p.vendor}: {', '.join(p.models)}",
            f"[`{p.id}`](#{p.id})",
            p.verification.status,
            over,
            f"{done} of {rules}",
        )
    yield "\nQuality counts the rules that are done, of those that can apply to the device.\n"


def _section(p: Profile) -> Iterator[str]:
    yield f"\n## {p.id}\n\n{p.vendor}: {', '.join(p.models)}. "
    page_of = f", {p.document.page}" if p.document.page else ""
    yield f"Source: {p.document.title}{page_of}.\n\n"
    yield f"**{p.verification.status}**{_because(p.verification.why)}\n\n"
    if p.firmware.first or p.firmware.last:
        yield f"- Firmware: {p.firmware.first or 'any'} to {p.firmware.last or 'any'}\n"
    yield f"- Over: {', '.join(_over(transport) for transport in p.transports)}\n"
    yield f"- Can be told: {_words(p.commands)}\n" if p.commands else ""
    yield f"- Can be asked: {_words(p.readings)}\n" if p.readings else ""
    if p.sources:
        yield f"- Inputs: {', '.join(f'`{name}`' for name in p.sources)}\n"
    yield from (f"- Cannot: {line}\n" for line in p.limits)
    yield from (f"- Mind: {line}\n" for line in p.quirks)
    yield "\n| quality | | why |\n|---|---|---|\n"
    for rule in RULES:
        if rule in p.quality:
            status = {"todo": "to do"}.get(p.quality[rule].status, p.quality[rule].status)
            yield _row(RULES[rule], status, p.quality[rule].why)


def _over(transport: Transport) -> str:
    match transport.kind:
        case "local":
            words = "this PC"
        case "serial":
            words = f"RS-232 {transport.baud}"
        case kind:
            words = f"{kind.upper()} {transport.port}"
    return words + (" (Wake-on-LAN)" if transport.wake == "wol" else "")


def _words(parts: Mapping[str, Command | Reading]) -> str:
    return ", ".join(
        f"`{name}`" + (f" ({' and '.join(part.transports)} only)" if part.transports else "")
        for name, part in parts.items()
    )


def _because(why: str) -> str:
    return f": {why}" if why else "."


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it differs."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m edge_agent.supported_devices [--check]\n")
        return 2
    wanted = page()
    if not arguments:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(
        f"docs/guides/{PAGE.name} differs from the profiles\n"
        "run: python -m edge_agent.supported_devices\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
