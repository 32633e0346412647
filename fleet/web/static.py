"""Files of the pages: style sheet, scripts, and what npm brought."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


class StaticAssets(StaticFiles):
    """Static files with the right lifetime: a versioned address never changes its content."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304, or 404."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope["query_string"]
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if versioned else "public, max-age=300"
        )
        return response


def vendored(name: str) -> str:
    """The address of a file that npm brought, or nothing when it has not been brought."""
    return address(f"vendor/{name}") if (FOLDER / "vendor" / name).exists() else ""


@cache
def address(name: str) -> str:
    """The address of a static file, with a version taken from its content."""
    file = FOLDER / name
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"
