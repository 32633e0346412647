"""A profile as a person reads it on a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from contract.profile import Argument, Profile, Transport
from contract.standards import RULES


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows of cells, each column as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def all_of(profile: Profile) -> Iterator[str]:
    """Everything a profile says but its frames."""
    yield f"{profile.id}: {profile.vendor}, {', '.join(profile.models)} ({profile.kind})"
    yield f"  {profile.verification.status}{_after(': ', profile.verification.why)}"
    yield f"  document: {profile.document.title}{_after(', ', profile.document.page)}"
    yield f"  codec: {profile.codec.name}"
    yield from (f"  over {transport(each)}" for each in profile.transports)
    if profile.sources:
        yield f"  sources: {', '.join(profile.sources)}"
    yield from _abilities(profile)
    yield from (f"  cannot: {line}" for line in profile.limits)
    yield from (f"  mind: {line}" for line in profile.quirks)
    yield "  quality:"
    for rule, quality in profile.quality.items():
        yield f"    {quality.status:6} {RULES[rule]}{_after(' ', quality.why)}"


def transport(of: Transport) -> str:
    """One way to reach a device: kind, port or speed, what it asks for."""
    at = f" {of.baud} baud" if of.kind == "serial" else _after(" ", str(of.port or ""))
    return f"{of.kind}{at}" + (f", asks for {of.auth}" if of.auth != "none" else "")


def _abilities(profile: Profile) -> Iterator[str]:
    yield "  can be told:" + ("" if profile.commands else " nothing")
    for name, command in profile.commands.items():
        takes = ", ".join(f"{n}: {_range(profile, a)}" for n, a in command.arguments.items())
        confirmed = "" if command.confirm else ", not confirmed"
        yield f"    {name}({takes}){confirmed}{_over(command.transports)}"
    yield "  can be asked:" + ("" if profile.readings else " nothing")
    for name, reading in profile.readings.items():
        every = f", every {reading.poll:g} s" if reading.poll else ""
        unit = _after(" in ", reading.unit)
        yield f"    {name}: {reading.type}{unit}{every}{_over(reading.transports)}"


def _range(profile: Profile, argument: Argument) -> str:
    match argument.type:
        case "integer":
            return f"{argument.least} to {argument.most}"
        case "choice":
            return " | ".join(argument.values)
        case "source":
            return " | ".join(profile.sources)
        case "flag":
            return "on | off"
        case "text":
            return "text"


def _over(kinds: Iterable[str]) -> str:
    return _after(", over ", " or ".join(kinds))


def _after(mark: str, words: str) -> str:
    return f"{mark}{words}" if words else ""
