"""Receiving a large file: the fleet against nginx, with the same client, curl.

The fleet digests the whole file, compares, syncs it to the disk, moves it into its store, writes
its rows and gives a receipt; nginx (WebDAV PUT) only writes the file, without a sync. Rounds are
interleaved, and the fastest of each are compared: whatever else the machine does meanwhile only
makes a round slower.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import psutil

from benchmarks.fleet_process import FleetProcess, fleet_process, server
from benchmarks.result import Result
from contract.http import UPLOADS_PATH, Receipt
from standalone.children import free_port

MIB = 1024 * 1024
GOAL_RATIO = 0.5
GOAL_GROWTH_MIB = 16.0
_VERSION = {"Tus-Resumable": "1.0.0"}
_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.02
_NGINX = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/nginx.log; {user}
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {directory}/incoming;
  proxy_temp_path {directory}/1; fastcgi_temp_path {directory}/2;
  uwsgi_temp_path {directory}/3; scgi_temp_path {directory}/4;
  server {{ listen 127.0.0.1:{port}; root {directory}/put; dav_methods PUT; }}
}}
"""


def run(quick: bool) -> list[Result]:
    """1 GiB three times each; `quick`: 128 MiB seven times each."""
    return measure(128, 7) if quick else measure(1024, 3)


def measure(size: int, rounds: int) -> list[Result]:
    """The ratio of throughputs and the growth of memory with files of `size` MiB."""
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as name:
        directory = Path(name)
        sha256 = _make(directory / "lesson.mp4", size)
        warm = _make(directory / "warm.mp4", 8)
        with (
            _nginx(directory) as put,
            fleet_process(directory) as fleet,
            httpx.Client(timeout=_LONGEST_SECONDS) as client,
        ):
            uploader = _Uploader(fleet, client)
            uploader.upload(directory / "warm.mp4", warm)
            memory = _Memory(fleet.pid)
            file = directory / "lesson.mp4"
            ours, theirs = [], []
            for _ in range(rounds):
                theirs.append(_seconds(lambda: _curl("PUT", f"{put}/lesson.mp4", file, {})))
                shutil.rmtree(directory / "put")
                (directory / "put").mkdir(mode=0o777)
                with memory.watched():
                    ours.append(_seconds(lambda: uploader.upload(file, sha256)))
                shutil.rmtree(directory / "fleet/files/segments")
    speeds = [size / min(times) for times in (ours, theirs)]
    return [
        Result(
            "upload",
            speeds[0] / speeds[1],
            "ratio",
            GOAL_RATIO,
            "higher",
            f"{size} MiB by curl PUT into nginx, {speeds[1]:.0f} MiB/s and not synced; "
            f"verified and synced by the fleet, {speeds[0]:.0f} MiB/s",
        ),
        Result(
            "upload_memory",
            memory.growth / MIB,
            "MiB",
            GOAL_GROWTH_MIB,
            "lower",
            f"a limit; growth of the fleet's process while it receives {size} MiB",
        ),
    ]


class _Uploader:
    """Uploads as a room does: create, send (here in one request), fetch the receipt."""

    def __init__(self, fleet: FleetProcess, client: httpx.Client) -> None:
        self._fleet = fleet
        self._client = client

    def upload(self, path: Path, sha256: str) -> None:
        """Return when the fleet's receipt for exactly this file is here."""
        size = path.stat().st_size
        headers = {**_VERSION, "Authorization": f"Bearer {self._fleet.signer.bearer()}"}
        created = self._client.post(
            self._fleet.url + UPLOADS_PATH,
            headers={**headers, "Upload-Length": str(size), "Upload-Metadata": _segment(sha256)},
        ).raise_for_status()
        upload = str(created.request.url.join(created.headers["Location"]))
        piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        _curl("PATCH", upload, path, {**headers, **piece})
        answer = self._client.get(f"{upload}/receipt", headers=headers).raise_for_status()
        receipt = msgspec.json.decode(answer.content, type=Receipt)
        if (receipt.sha256, receipt.bytes) != (sha256, size):
            raise RuntimeError(f"the receipt is for other bytes: {receipt}")


class _Memory:
    """How far a process has grown above what it had at first."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._process.memory_info().rss
        self._over = threading.Event()
        self.growth = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look often while the block runs."""
        self._over.clear()
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.growth = max(self.growth, self._process.memory_info().rss - self._before)


def _make(path: Path, mebibytes: int) -> str:
    """A file of random bytes, on the disk; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(mebibytes):
            block = os.urandom(MIB)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _seconds(work: Callable[[], None]) -> float:
    os.sync()  # what an earlier round left to be written is not for this one to wait for
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _nginx(directory: Path) -> Iterator[str]:
    """An nginx that stores what is PUT below the yielded address."""
    port = free_port(18180)
    (directory / "put").mkdir(mode=0o777)
    # Only root may say whom the workers run as, and only a worker of root could read its files.
    user = "user root;" if os.geteuid() == 0 else ""
    config = directory / "nginx.conf"
    config.write_text(_NGINX.format(directory=directory, port=port, user=user))
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise RuntimeError("nginx is not installed: run `make setup`")
    command = [program, "-e", str(directory / "nginx.log"), "-c", str(config)]
    with server(command, directory / "nginx.out", port):
        yield f"http://127.0.0.1:{port}"


def _segment(sha256: str) -> str:
    """Upload-Metadata of the only segment of a take of its own."""
    values = {"take": str(uuid.uuid4()), "track": "presenter", "index": "0", "sha256": sha256}
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()
    )


def _curl(method: str, url: str, path: Path, headers: dict[str, str]) -> None:
    """Send a file; headers by standard input, so that no token is in an argument list."""
    lines = "".join(f"{name}: {text}\n" for name, text in {**headers, "Expect": ""}.items())
    subprocess.run(
        ["curl", "-sS", "--fail", "-X", method, "-H", "@-", "-T", str(path), "-o", os.devnull, url],
        input=lines,
        text=True,
        check=True,
        timeout=_LONGEST_SECONDS,
    )
