"""Somebody else's web server, which keeps what it is posted until it knows the secret."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


class Receiver:
    """Listens on a free port of the loopback."""

    def __init__(self) -> None:
        posted: queue.Queue[tuple[bytes, dict[str, str]]] = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                posted.put((self.rfile.read(length), dict(self.headers.items())))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._posted = posted
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def next(self, secret: str, seconds: float = 30) -> dict[str, Any]:
        """The next event, checked with the standard's own library: signed with this secret, now."""
        body, headers = self._posted.get(timeout=seconds)
        event: dict[str, Any] = Webhook(secret).verify(body, headers)
        return event

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
