"""How the agent logs: readable text, or a JSON object a line."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

FOLDER = "logs"
"""Below the data directory."""

FILE = "agent.log"
_FILE_BYTES = 2_000_000
_FILES = 5


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


class _Rotating(RotatingFileHandler):
    """Readable by the agent's user only; what a full disk does not take is not told again."""

    def _open(self) -> TextIOWrapper:
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(os.fdopen(file, "ab"), encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def configure(level: str, *, as_json: bool, folder: Path | None = None) -> None:
    """Log to standard error from `level` up, and into files of `folder`, the newest `agent.log`.

    The files hold ten megabytes together; then the oldest goes.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        handlers.append(
            _Rotating(path, maxBytes=_FILE_BYTES, backupCount=_FILES - 1, encoding="utf-8")
        )
    for handler in handlers:
        handler.setFormatter(_Json() if as_json else _Text())
    logging.basicConfig(level=level, handlers=handlers, force=True)
    # One line a request says nothing that our own lines do not.
    for noisy in ("httpx", "httpcore", "mqtt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
