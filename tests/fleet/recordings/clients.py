"""Tus clients as their makers ship them, each patient enough for a server that comes back.

Each uploads a file to an endpoint, in chunks of that many bytes, and returns the upload's address.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiotus
import pytest
from tusclient.client import TusClient

ROOT = Path(__file__).parents[3]
TRIES = 600
PAUSE_SECONDS = 0.1
MOST_SECONDS = 150


@dataclass(frozen=True, slots=True)
class Order:
    """What to upload and where to."""

    endpoint: str
    path: Path
    chunk: int
    bearer: str
    metadata: Mapping[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}


def tuspy(order: Order) -> str:
    """Python, https://github.com/tus/tus-py-client."""
    return _tuspy(order, checksum=False)


def tuspy_with_checksums(order: Order) -> str:
    """The same, with the SHA-1 of each chunk: of a broken one nothing may be kept."""
    return _tuspy(order, checksum=True)


def aiotus_client(order: Order) -> str:
    """Python with asyncio, https://github.com/JenSte/aiotus."""

    async def upload() -> str:
        with order.path.open("rb") as file:
            location = await aiotus.upload(
                order.endpoint,
                file,
                {key: value.encode() for key, value in order.metadata.items()},
                config=aiotus.RetryConfiguration(
                    retry_attempts=TRIES, max_retry_period_seconds=PAUSE_SECONDS
                ),
                headers=order.headers,
                chunksize=order.chunk,
            )
        assert location is not None, "aiotus gave up"
        return str(location)

    return asyncio.run(asyncio.wait_for(upload(), MOST_SECONDS))


def tus_js_client(order: Order) -> str:
    """JavaScript in Node.js, https://github.com/tus/tus-js-client."""
    if shutil.which("node") is None:
        pytest.skip("not installed: nodejs (`make setup` installs it)")
    if not (ROOT / "node_modules/tus-js-client").is_dir():
        pytest.skip("not installed: tus-js-client (`npm ci` installs it)")
    options = {
        "endpoint": order.endpoint,
        "chunkSize": order.chunk,
        "headers": order.headers,
        "metadata": dict(order.metadata),
        "retryDelays": [1000 * PAUSE_SECONDS] * TRIES,
    }
    done = subprocess.run(
        ["node", ROOT / "tests/node/tus_upload.cjs", order.path],
        input=json.dumps(options),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _tuspy(order: Order, *, checksum: bool) -> str:
    uploader = TusClient(order.endpoint, headers=order.headers).uploader(
        str(order.path),
        chunk_size=order.chunk,
        retries=TRIES,
        retry_delay=PAUSE_SECONDS,  # type: ignore[arg-type]
        metadata=dict(order.metadata),
        upload_checksum=checksum,
    )
    uploader.upload()
    return str(uploader.url)


CLIENTS: tuple[Callable[[Order], str], ...] = (
    tuspy,
    tuspy_with_checksums,
    aiotus_client,
    tus_js_client,
)
