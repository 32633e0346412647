"""How the agent logs: readable text, or a JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime


class _Text(logging.Formatter):
    def formatTime(  # noqa: N802 - logging's name
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # A device's name or a server's text must not forge lines of the log.
        message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in record.message)
        return f"{record.asctime} {record.levelname:<7} {record.name}: {message}"

    def usesTime(self) -> bool:  # noqa: N802
        return True


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure(level: str, *, as_json: bool) -> None:
    """Log to standard error from `level` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Text())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line a request says nothing that our own lines do not.
    for noisy in ("httpx", "httpcore", "mqtt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
