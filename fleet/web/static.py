"""Files of the pages: style sheet, scripts, and what npm brought.

Their addresses hold a version made from the content of all of them, before the name: scripts that
import each other by relative addresses then always meet others of the same version.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
_MARK = "v-"
_PACKED = {"br": ".br", "gzip": ".gz"}
"""Encodings that `fleet.web.assets` makes of large files, the smallest first."""


class StaticAssets(StaticFiles):
    """Static files, kept by browsers for a year when the address holds this version."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304, or 404. A page of an older version gets what is current."""
        first, _slash, rest = path.partition("/")
        name = rest if first.startswith(_MARK) else path
        encoding = _encoding(name, Headers(scope=scope).get("accept-encoding", ""))
        response = await super().get_response(name + _PACKED.get(encoding, ""), scope)
        if encoding and response.status_code < 400:
            response.headers["content-encoding"] = encoding
            response.headers["content-type"] = mimetypes.guess_type(name)[0] or "text/plain"
            response.headers.add_vary_header("Accept-Encoding")
        current = first == version() and response.status_code < 400
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if current else "no-cache"
        )
        return response


def _encoding(name: str, accepted: str) -> str:
    """The encoding in which a file lies ready and that a browser takes; empty is as it is."""
    wishes = {one.partition(";")[0].strip() for one in accepted.split(",")}
    ready = (FOLDER / f"{name}{_PACKED[one]}" for one in _PACKED)
    return next(
        (one for one, file in zip(_PACKED, ready, strict=True) if one in wishes and file.is_file()),
        "",
    )


@cache
def version() -> str:
    """The version of all files together."""
    digest = hashlib.sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(FOLDER).as_posix().encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return _MARK + digest.hexdigest()[:10]


def address(name: str) -> str:
    """The address of a static file. Raises FileNotFoundError when there is none."""
    if not (FOLDER / name).is_file():
        raise FileNotFoundError(FOLDER / name)
    return f"/static/{version()}/{name}"


def vendored(name: str) -> str:
    """The address of a file that npm brought, or nothing when it has not been brought."""
    return address(f"vendor/{name}") if (FOLDER / "vendor" / name).is_file() else ""
