"""The agent's log files in one .zip that may leave the room: newest first, without secrets."""

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edge_agent.logs import FILE

HIDDEN: Final = "[hidden]"
_OVERHEAD: Final = 4096
"""What the directory of the .zip and a file's headers take, at the most."""

_LEAST_SECRET: Final = 3
_LEAST_PART: Final = 4096
_PATTERNS: Final = (
    (re.compile(r"(\w://)[^/\s@'\"]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer\s+|basic\s+)[\w.~+/=-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|claim|api[_-]?key|\bpin)"
            r"['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&}]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
)
"""What looks like a secret, whoever wrote it."""


def redacted(text: str, secrets: Collection[str]) -> str:
    """The text without these secrets, and without what looks like one."""
    known = {form for secret in secrets for form in (secret, quote(secret, safe=""))}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def bundle(
    folder: Path, described: Mapping[str, str], secrets: Collection[str], most_bytes: int
) -> bytes:
    """A .zip of the log files in `folder` and of `described`, texts by file name.

    Of what does not fit into `most_bytes`, the oldest is left out.
    """
    written = io.BytesIO()
    left = most_bytes - _OVERHEAD
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in described.items():
            archive.writestr(name, redacted(text, secrets))
        for path in _newest_first(folder):
            left -= _OVERHEAD
            room = left - written.tell()
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it was just rotated away
            whole = redacted(text, secrets)
            part = _fitting(whole, room)
            if part:
                archive.writestr(path.name, part)
            if part != whole:
                break
    return written.getvalue()


def _newest_first(folder: Path) -> Iterable[Path]:
    """`agent.log`, then `agent.log.1`, and so on."""
    found = [path for path in folder.glob(f"{FILE}*") if path.is_file()]
    return sorted(found, key=_age)


def _age(path: Path) -> int:
    number = path.suffix[1:]
    return int(number) if number.isdigit() else 0


def _fitting(text: str, room: int) -> str:
    """As much of the end of a text as fits when compressed."""
    while text:
        if len(_deflated(text)) <= room:
            return text
        if len(text) < _LEAST_PART:
            return ""
        text = text[len(text) // 2 :]
        text = text[text.find("\n") + 1 :]
    return ""


def _deflated(text: str) -> bytes:
    probe = io.BytesIO()
    with zipfile.ZipFile(probe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE, text)
    return probe.getvalue()
