"""Whether the lesson plays, asked of ffprobe over HTTP, and the figures of its way."""

import asyncio
import json
import subprocess
from dataclasses import dataclass
from typing import Any

import httpx

from standalone.errors import Failed

PROBE_SECONDS = 60
SHORTER_BY = 2.0
"""Seconds by which a published track may be shorter than its lesson: sources take time to open."""


@dataclass(frozen=True, slots=True)
class Track:
    """One published file."""

    name: str
    duration: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `--json` prints. Times are seconds."""

    lesson: str
    url: str
    seconds_from_bell_to_playable: float
    tracks: tuple[Track, ...]
    bytes_uploaded: int
    events_acknowledged: int


async def check_tracks(url: str, lesson: str, seconds: float) -> tuple[Track, ...]:
    """Play every file and playlist of a published lesson from its first to its last packet.

    Raises:
        Failed: one does not play, or is too short.
    """
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        answer = await client.get(f"/api/v1/lessons/{lesson}/media")
        if answer.status_code != httpx.codes.OK:
            raise Failed(f"{answer.url} answered {answer.status_code}: {answer.text[:300]}")
        media = answer.json()
    tracks = []
    for file in media["files"]:
        if file["kind"] not in ("video", "audio"):
            continue
        played = await asyncio.to_thread(_play, url + file["url"])
        if played < seconds - SHORTER_BY:
            raise Failed(f"{file['name']} plays {played:.1f} s of a lesson of {seconds:.0f} s")
        if file["variant"] == "source":
            tracks.append(Track(file["name"], round(played, 3), file["sha256"]))
    playlists = (asyncio.to_thread(_play, url + each["hls"]) for each in media["streams"])
    await asyncio.gather(*playlists)
    if not tracks:
        raise Failed(f"the lesson {lesson} is published without a single track")
    return tuple(tracks)


def _play(url: str) -> float:
    """Seconds from the first to the end of the last packet that ffprobe reads from `url`."""
    try:
        done = subprocess.run(
            [
                "ffprobe", "-v", "error", "-count_packets", "-show_entries",
                "stream=codec_type,nb_read_packets:format=duration", "-of", "json", url,
            ],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"{url} did not play within {PROBE_SECONDS} s") from None
    if done.returncode or done.stderr.strip():
        raise Failed(f"{url} does not play: {done.stderr.strip()[:500]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    packets = [int(stream.get("nb_read_packets", 0)) for stream in answer["streams"]]
    if not packets or min(packets) == 0:
        raise Failed(f"{url} has a stream without a single packet")
    return float(answer["format"]["duration"])
