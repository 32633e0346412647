"""A PATCH over a bare socket, to be stopped anywhere."""

import json
import socket
from urllib.parse import urlsplit


class TornPatch:
    """A PATCH of which only the first part is sent.

    Args:
        url: of the upload.
        offset: where the body goes.
        length: what the body is said to have.
    """

    def __init__(self, url: str, offset: int, length: int, *, checksum: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.socket = socket.create_connection((parts.hostname, parts.port), 10)
        lines = [
            f"PATCH {parts.path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Authorization: Bearer token-a",
            "Tus-Resumable: 1.0.0",
            "Content-Type: application/offset+octet-stream",
            f"Upload-Offset: {offset}",
            f"Content-Length: {length}",
            *([f"Upload-Checksum: {checksum}"] if checksum else []),
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def send(self, data: bytes) -> None:
        """Some of the body."""
        self.socket.sendall(data)

    def break_off(self) -> None:
        """Close the connection in the middle."""
        self.socket.close()

    def answer(self) -> tuple[int, str]:
        """Status and message of the error that is answered."""
        text = b""
        while b"\r\n\r\n" not in text or not text.rstrip().endswith(b"}"):
            piece = self.socket.recv(4096)
            assert piece, f"no answer but {text!r}"
            text += piece
        head, _, body = text.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)["error"]["message"]
