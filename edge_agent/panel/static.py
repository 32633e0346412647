"""Style sheet and scripts. Their addresses hold a version made from the content of all of them."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"


class StaticAssets(StaticFiles):
    """Static files, kept by browsers for a year when the address holds this version."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304, or 404. A page of an older version gets what is current."""
        first, _slash, rest = path.partition("/")
        response = await super().get_response(rest, scope)
        current = first == version() and response.status_code < 400
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if current else "no-cache"
        )
        return response


@cache
def version() -> str:
    """The version of all files together, and of the templates that use them."""
    digest = hashlib.sha256()
    for folder in (FOLDER, FOLDER.with_name("templates")):
        for file in sorted(folder.iterdir()):
            digest.update(file.name.encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:10]


def address(name: str) -> str:
    """The address of a static file. Raises FileNotFoundError when there is none."""
    if not (FOLDER / name).is_file():
        raise FileNotFoundError(FOLDER / name)
    return f"/static/{version()}/{name}"
