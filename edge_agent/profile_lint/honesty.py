"""A profile claims no more than it shows, and no less."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from contract.profile import Profile, QualityRule
from contract.standards import RULES

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    """What the verification and the quality card say against the rest of the profile."""
    yield from _verification(profile)
    for rule in RULES:
        if rule not in profile.quality:
            yield f"quality.{rule}", "is missing; each rule is done, todo or exempt"
    for rule, quality in profile.quality.items():
        where = f"quality.{rule}"
        if quality.status != "done" and not quality.why:
            yield f"{where}.why", f"why is it {quality.status}?"
        if rule == "judged" and quality.status == "done" and not quality.why:
            yield f"{where}.why", "which client agrees?"
        if rule in _SHOWN:
            shown, missing = _SHOWN[rule]
            if quality.status == "done" and not shown(profile):
                yield where, f"is not done: {missing}"
            if quality.status != "done" and rule in _PLAIN and shown(profile):
                yield where, f"is done, not {quality.status}: {RULES[rule].lower().rstrip('.')}"


def _verification(profile: Profile) -> Iterator[tuple[str, str]]:
    verification = profile.verification
    match verification.status:
        case "verified":
            for key in ("by", "on", "device"):
                if not getattr(verification, key):
                    yield "verification", f"verified, but `{key}` is empty"
        case "from-document":
            if not profile.document.page:
                yield "document.page", "where in the document is the table?"
        case "unverified":
            if not verification.why:
                yield "verification", "why is it unverified?"
    if verification.on and not _DATE.fullmatch(verification.on):
        yield "verification.on", "is no date like 2026-11-25"


def _has_reading(test: Callable[[str], bool]) -> Callable[[Profile], bool]:
    return lambda profile: any(test(name) for name in profile.readings)


def _both_ways(profile: Profile) -> bool:
    of_commands = any(golden.command for golden in profile.golden) or not profile.commands
    of_readings = any(golden.reading for golden in profile.golden) or not profile.readings
    return bool(profile.golden) and of_commands and of_readings


_SHOWN: Final[dict[QualityRule, tuple[Callable[[Profile], bool], str]]] = {
    "document": (
        lambda p: bool(p.document.page) and p.verification.status != "unverified",
        "document.page is empty, or the profile is unverified",
    ),
    "golden_frames": (
        lambda p: _both_ways(p) and p.verification.status != "unverified",
        "no golden frames of its commands and of its readings, or it is unverified",
    ),
    "power_feedback": (_has_reading(lambda name: name == "power"), "there is no power reading"),
    "read_back": (
        lambda p: bool(p.commands) and all(c.confirm for c in p.commands.values()),
        "some command has no `confirm`",
    ),
    "source_feedback": (_has_reading(lambda name: name == "source"), "there is no source reading"),
    "errors": (
        _has_reading(lambda name: "error" in name or name == "mains"),
        "no reading tells of a fault",
    ),
    "hours": (_has_reading(lambda name: name.endswith("_hours")), "no reading tells hours"),
    "temperature": (
        _has_reading(lambda name: name == "temperature"),
        "there is no temperature reading",
    ),
    "authentication": (
        lambda p: any(transport.auth != "none" for transport in p.transports),
        "no transport asks for a secret",
    ),
    "real_device": (
        lambda p: p.verification.status == "verified",
        "the verification is not verified",
    ),
}
"""Rules that the profile itself decides: how, and what is said when it does not show it."""

_PLAIN: Final = frozenset(
    ("power_feedback", "source_feedback", "hours", "temperature", "real_device")
)
"""Rules of which nothing can be left to do when the profile shows them."""
