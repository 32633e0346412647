"""What a published file really shows, by decoding it."""

import json
import re
import subprocess
from typing import Any


def flashes(media: str) -> list[float]:
    """When the picture turns white, in seconds."""
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-i", media, "-map", "0:v:0"]
    argv += ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"]
    argv += ["-fps_mode", "passthrough", "-f", "null", "-"]
    text = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout
    frames = re.findall(r"pts_time:([\d.]+)\n.*YAVG=([\d.]+)", text)
    bright = [(float(time), float(luma) > 128) for time, luma in frames]
    return [
        time
        for (time, white), (_, before) in zip(bright, [(0.0, False), *bright], strict=False)
        if white and not before
    ]


def beeps(media: str) -> list[float]:
    """When the sound sets in, in seconds."""
    argv = ["ffmpeg", "-nostdin", "-v", "info", "-i", media, "-map", "0:a:0"]
    argv += ["-af", "silencedetect=n=-30dB:d=0.2", "-f", "null", "-"]
    text = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stderr
    ends = [float(found) for found in re.findall(r"silence_end: ([\d.]+)", text)]
    starts = [float(found) for found in re.findall(r"silence_start: (-?[\d.]+)", text)]
    first = [0.0] if starts and starts[0] > 0.05 else []
    return first + ends


def errors(media: str) -> str:
    """What decoding every frame of every stream complains of."""
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-i", media, "-fps_mode", "passthrough"]
    argv += ["-enc_time_base", "-1", "-f", "null", "-"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
    return done.stderr if done.returncode == 0 else f"status {done.returncode}: {done.stderr}"


def packets(media: str, stream: str) -> list[float]:
    """Presentation times of all packets, in seconds."""
    shown = _probe(media, "-select_streams", stream, "-show_entries", "packet=pts_time")
    return sorted(float(packet["pts_time"]) for packet in shown["packets"])


def duration(media: str) -> float:
    """As the container says, in seconds."""
    return float(_probe(media, "-show_format")["format"]["duration"])


def kinds(media: str) -> list[str]:
    """`video`, `audio`, in order."""
    return [stream["codec_type"] for stream in _probe(media, "-show_streams")["streams"]]


def _probe(media: str, *arguments: str) -> Any:
    argv = ["ffprobe", "-v", "error", *arguments, "-of", "json", media]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)
