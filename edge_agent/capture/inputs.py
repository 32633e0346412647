"""How ffmpeg opens each kind of source. Pure: a source in, arguments out.

Nothing here may let the wall clock into a timestamp (a classroom PC's clock is stepped by days
when it first reaches a time server): PulseAudio's `-wallclock 0` counts samples; what X11 and
Video4Linux give is `straightened` before anything else.

Of the drivers, v4l2, alsa, dshow and gdigrab are tested as arguments only: no machine of the
test suite has such devices, and none runs Windows.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never
from urllib.parse import quote, urlsplit, urlunsplit

from edge_agent.room.model import Source

SOUND_RATE: Final = 48000
PICTURE_RATE: Final = 15
PICTURE_SIZE: Final = (1280, 720)

GAP_SECONDS: Final = 5
"""A longer step between two pictures' times is a stepped clock: a stalled child is gone by then."""

LIVE: Final = ("-probesize", "32", "-analyzeduration", "0")
"""Raw pictures and samples need no probing; it would hold back the first second."""

QUEUE: Final = ("-thread_queue_size", "512")
PULSE: Final = ("-channels", "2", "-wallclock", "0", "-fragment_size", "1920")
"""Fragments of 10 ms of 48 kHz stereo; PulseAudio's own choice is two seconds."""

PROTOCOLS: Final = "file,pipe,fd,rtsp,rtsps,rtp,udp,tcp,tls"


@dataclass(frozen=True, slots=True)
class Input:
    """One opened source.

    Attributes:
        arguments: ffmpeg's, up to and without `-i`.
        address: what follows `-i`, when `script` is None.
        script: an ffconcat script which holds a secret. It must reach ffmpeg by another way
            than its arguments, which every user of the machine can read.
    """

    arguments: tuple[str, ...]
    address: str
    script: str | None = None


def opened(source: Source, stall_seconds: float = 3.0) -> Input:
    """How to open a source.

    `stall_seconds` limits each wait for a network source; ffmpeg then ends by itself.
    """
    own = tuple(word for key, value in source.options for word in (f"-{key}", value))
    match source.driver:
        case "rtsp":
            return _rtsp(source, stall_seconds)
        case "v4l2" | "x11" | "gdigrab":
            form = {"v4l2": "v4l2", "x11": "x11grab", "gdigrab": "gdigrab"}[source.driver]
            return Input((*LIVE, *QUEUE, "-f", form, *_picture(source), *own), source.address)
        case "alsa":
            shape = ("-sample_rate", str(source.rate or SOUND_RATE))
            return Input((*LIVE, *QUEUE, "-f", "alsa", *shape, *own), source.address)
        case "pulse":
            rate = ("-sample_rate", str(source.rate or SOUND_RATE))
            pulse = ("-f", "pulse", *rate, *PULSE)
            return Input((*LIVE, *QUEUE, *pulse, *own), source.address)
        case "dshow":
            return _dshow(source, own)
        case "file":
            path = str(Path(source.address).absolute())
            return Input(("-re", "-stream_loop", "-1", *own), path)
        case "test":
            return Input(("-re", "-f", "lavfi", *own), source.address or _pattern(source))
        case unknown:
            assert_never(unknown)


def _picture(source: Source) -> tuple[str, ...]:
    rate: tuple[str, ...] = ("-framerate", str(source.rate)) if source.rate else ()
    if source.driver != "v4l2" and not rate:
        rate = ("-framerate", str(PICTURE_RATE))
    size = ("-video_size", "{}x{}".format(*source.size)) if source.size else ()
    return (*rate, *size)


def _dshow(source: Source, own: tuple[str, ...]) -> Input:
    form = (*QUEUE, "-f", "dshow")
    if source.is_audio:
        shape = ("-sample_rate", str(source.rate or SOUND_RATE), "-audio_buffer_size", "20")
        return Input((*form, *shape, *own), f"audio={source.address}")
    return Input((*form, "-rtbufsize", "128M", *_picture(source), *own), f"video={source.address}")


def _pattern(source: Source) -> str:
    if source.is_audio:
        return f"sine=frequency=440:sample_rate={source.rate or SOUND_RATE}"
    width, height = source.size or PICTURE_SIZE
    return f"testsrc2=size={width}x{height}:rate={source.rate or PICTURE_RATE}"


def _rtsp(source: Source, stall_seconds: float) -> Input:
    options = {
        "rtsp_transport": "tcp",
        "timeout": str(int(stall_seconds * 1e6)),
        "allowed_media_types": "audio" if source.is_audio else "video",
        "analyzeduration": "1000000",
        "fpsprobesize": "2",
    } | dict(source.options)
    if source.secret is None:
        words = (word for key, value in options.items() for word in (f"-{key}", value))
        return Input(tuple(words), source.address)
    lines = ["ffconcat version 1.0", f"file '{_quoted(with_secret(source))}'"]
    lines += [f"option {key} {value}" for key, value in options.items()]
    safety = ("-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS)
    return Input((*safety, *LIVE), "", "\n".join(lines) + "\n")


def straightened(source: Source) -> str:
    """The filter that takes the wall clock out of a source's times; empty when none is in them.

    Sound of a device is counted, as ALSA's and DirectShow's times follow the wall clock. X11 and
    some cameras stamp pictures with it: where it was stepped, one period stands instead.
    """
    if source.is_audio:
        return "asetpts=N/SR/TB" if source.driver in {"alsa", "pulse", "dshow"} else ""
    period = f"1/({source.rate or PICTURE_RATE}*TB)"
    step = f"if(between(PTS-PREV_INPTS,1,{GAP_SECONDS}/TB),PTS-PREV_INPTS,{period})"
    return f"setpts='if(isnan(PREV_INPTS),0,PREV_OUTPTS+{step})'"


def with_secret(source: Source) -> str:
    """The source's address with its user and password in it. Never to be logged."""
    if source.secret is None:
        return source.address
    user, password = (quote(part, safe="") for part in source.secret)
    parts = urlsplit(source.address)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc.split('@')[-1]}"))


def _quoted(text: str) -> str:
    return text.replace("'", r"'\''")


def secrets(source: Source) -> tuple[str, ...]:
    """What must be taken out of ffmpeg's messages about a source."""
    if source.secret is None:
        return ()
    user, password = source.secret
    return (f"{quote(user, safe='')}:{quote(password, safe='')}@", password)
