"""What a probe found, in words: rows of a table, what to do next, and a text to paste."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Final

import yaml

from edge_agent.commands.probing import Answer, Trial
from edge_agent.room.model import Device, Value

_HEARD: Final = frozenset(("value", "not now", "garbled"))
_ENOUGH: Final = 2

_ADVICE: Final = {
    "tcp": "Is it on, or its network stand-by? Is {host} its address, and port {port} right and "
    "not closed by a firewall? Many devices serve one connection at a time: stop the room's agent "
    "and any control app.",
    "udp": "Is it on? Is {host} its address and port {port} right? Is control over the network "
    "switched on in its menu?",
    "http": "Is it on? Does a browser on this PC reach {host}:{port}? Is the interface switched on "
    "in its menu?",
    "serial": "Is the cable in {line} a null-modem cable where the device wants one (transmit and "
    "receive crossed)? Is its RS-232 port switched on in its menu, and its baud rate {baud}?",
    "local": "Does the PC have what the profile speaks of?",
}


def row(answer: Answer, width: int) -> str:
    """A line of the table."""
    return f"  {answer.point:{width}}  {answer.seconds * 1000:6.0f} ms  {said(answer)}"


def said(answer: Answer) -> str:
    """What came of a question: the value, or why there is none."""
    if answer.value is None:
        return f"({answer.outcome}: {answer.why})"
    return _word(answer.value)


def spoken(trial: Trial) -> str:
    """A command as a person would say it."""
    return " ".join((trial.command, *map(_word, trial.arguments.values())))


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def trial_row(trial: Trial) -> str:
    """A line of the table of commands."""
    return f"  {'done  ' if trial.done else 'FAILED'}  {spoken(trial)}" + (
        f": {trial.why}" if trial.why else ""
    )


def present(answers: Iterable[Answer]) -> bool:
    """Whether the device said anything. "Unsupported" may be the driver's own word."""
    return any(answer.outcome in _HEARD for answer in answers)


def hopeless(answers: Sequence[Answer]) -> bool:
    """Whether to stop: it takes no password of ours, or did not say a word when asked twice."""
    silent = sum(answer.outcome == "no answer" for answer in answers)
    refused = any(answer.outcome == "refused" for answer in answers)
    return not present(answers) and (refused or silent >= _ENOUGH)


def advice(device: Device, answers: Sequence[Answer]) -> str:
    """What to do when it did not say anything."""
    why = next((answer.why for answer in reversed(answers) if answer.why), "there is no reading")
    if any(answer.outcome == "refused" for answer in answers):
        return (
            f"{why}\nIf it asks for a password: write user and password into a file, a line each, "
            "readable by you only, and name it as secret_file (--secret-file)."
        )
    transport = device.transport
    told = _ADVICE[transport.kind].format(
        host=device.host, line=device.line, port=transport.port, baud=transport.baud
    )
    return f"nothing answers: {why}\n{told}"


def summary(answers: Sequence[Answer], tried: Sequence[Trial]) -> str:
    """How many answered, in one sentence."""
    counts = {
        outcome: sum(answer.outcome == outcome for answer in answers)
        for outcome in dict.fromkeys(answer.outcome for answer in answers)
    }
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    commands = f"{sum(trial.done for trial in tried)} of {len(tried)} commands confirmed"
    return f"{len(answers)} readings: {said}; {commands if tried else 'no command was tried'}."


def text(
    device: Device, answers: Sequence[Answer], tried: Sequence[Trial], today: datetime.date
) -> str:
    """The report: `verification` as YAML, and what it rests on as comments."""
    known = {answer.point: answer.value for answer in answers if answer.value is not None}
    identity = [str(known[key]) for key in ("model", "name", "serial", "firmware") if key in known]
    sound = not any(a.outcome in ("garbled", "no answer") for a in answers)
    agreed = sound and all(trial.done for trial in tried)
    verification: dict[str, Any] = {
        "status": "verified" if agreed else device.profile.verification.status,
        "by": "",
        "on": today.isoformat(),
        "device": ", ".join(identity),
        "why": summary(answers, tried),
    }
    head = f"# {device.profile.id} on a real device. Fill in `by`, and `device` if it is empty.\n"
    if not agreed:
        head += "# Something did not fit, see below: not verified yet.\n"
    width = max(len(answer.point) for answer in answers)
    rows = [row(answer, width) for answer in answers] + [trial_row(trial) for trial in tried]
    body = yaml.safe_dump({"verification": verification}, sort_keys=False, allow_unicode=True)
    return head + body + "".join(f"# {line.strip()}\n" for line in rows)
