"""Log lines: time, level, the part that speaks, the request if there is one, and the message."""

import logging
import sys

from fleet.serving.front import request_id

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


class _WithRequest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request = request_id.get()
        return True


class _Lines(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        # A path or a room's words must not forge lines of the log.
        record.message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in record.message)
        return super().formatMessage(record)


def configure(level: str) -> None:
    """Write readable lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_WithRequest())
    handler.setFormatter(_Lines("%(asctime)s %(levelname)-7s %(name)s [%(request)s] %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
