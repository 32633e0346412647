"""Log lines, for people or as JSON: time, level, who speaks, what it is about, and the message."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from fleet import traces

_QUIET = (
    "alembic",
    "httpx",
    "httpcore",
    "dbos",
    "uvicorn",
    "aiomqtt",
    "multipart",
    "python_multipart",
)


class _About(logging.Filter):
    """Puts what a line is about onto its record, in the thread that logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids, request, work = traces.message.get(), traces.request_id.get(), traces.work.get()
        sender = f"{ids.agent}/{ids.epoch}/{ids.seq} {ids.id}" if ids else ""
        about = _printable(" ".join(part for part in (request, sender, work) if part))
        vars(record).update(request=request, work=work, ids=ids, about=about)
        return True


class _Lines(logging.Formatter):
    def formatTime(  # noqa: N802 - logging's name
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # A path or a room's words must not forge lines of the log.
        record.message = _printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        # Nor may what an exception says: its lines are set apart.
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  | {_printable(line)}" for line in lines)


class _Json(JsonFormatter):
    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        if record.request != "-":  # type: ignore[attr-defined]
            log_data["request"] = record.request  # type: ignore[attr-defined]
        if record.work:  # type: ignore[attr-defined]
            log_data["work"] = record.work  # type: ignore[attr-defined]
        if record.ids:  # type: ignore[attr-defined]
            ids = record.ids  # type: ignore[attr-defined]
            log_data |= {"agent": ids.agent, "epoch": ids.epoch, "seq": ids.seq, "id": ids.id}
        if record.exc_info:
            log_data["error"] = self.formatException(record.exc_info)


def configure(level: str, log_format: str = "text") -> None:
    """Write lines to standard error: `text` for people, `json` for programs, one object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_About())
    handler.setFormatter(_formatter(log_format))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(log_format: str) -> logging.Formatter:
    if log_format == "json":
        return _Json()
    return _Lines("%(asctime)s %(levelname)-7s %(name)s [%(about)s] %(message)s")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
