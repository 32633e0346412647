"""Which encoder of pictures this machine really has. Having the name in ffmpeg proves nothing."""

import logging
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final

from edge_agent.errors import BadConfiguration

log = logging.getLogger(__name__)

PROBE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder of H.264.

    Attributes:
        name: ffmpeg's.
        device: global arguments that open its hardware.
        filters: what a picture must pass before it.
        arguments: its own, for little delay and no reordered pictures.
    """

    name: str
    device: tuple[str, ...] = ()
    filters: tuple[str, ...] = ("format=yuv420p",)
    arguments: tuple[str, ...] = ()


SOFTWARE: Final = Encoder(
    "libx264", arguments=("-preset", "veryfast", "-tune", "zerolatency", "-sc_threshold", "0")
)
ENCODERS: Final = {
    encoder.name: encoder
    for encoder in (
        Encoder(
            "h264_vaapi",
            device=("-vaapi_device", "/dev/dri/renderD128"),
            filters=("format=nv12", "hwupload"),
            arguments=("-bf", "0"),
        ),
        Encoder("h264_qsv", filters=("format=nv12",), arguments=("-bf", "0", "-async_depth", "1")),
        Encoder("h264_nvenc", arguments=("-bf", "0", "-preset", "p2", "-tune", "ull")),
        Encoder("h264_amf", arguments=("-bf", "0", "-usage", "lowlatency")),
        Encoder("h264_mf", arguments=("-bf", "0", "-hw_encoding", "1")),
        SOFTWARE,
    )
}
ON_LINUX: Final = ("h264_vaapi", "h264_qsv", "h264_nvenc")
ON_WINDOWS: Final = ("h264_qsv", "h264_nvenc", "h264_amf", "h264_mf")


def probe_arguments(encoder: Encoder, ffmpeg: str) -> tuple[str, ...]:
    """Encodes one second of a test picture and throws it away."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=15:duration=1")
    head = (ffmpeg, "-v", "error", "-nostdin", *encoder.device, *picture)
    filters = ("-vf", ",".join(encoder.filters))
    return (*head, *filters, "-c:v", encoder.name, *encoder.arguments, "-f", "null", "-")


@cache
def works(encoder: Encoder, ffmpeg: str) -> bool:
    """Whether it really encodes here; takes up to 15 s, and is asked once a process."""
    try:
        done = subprocess.run(
            probe_arguments(encoder, ffmpeg),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def chosen(wanted: str, ffmpeg: str) -> Encoder:
    """The encoder to use: the one wanted, or with `auto` the first hardware that works here.

    Where none of these does, libx264 records the lesson; where it was another one that was
    wanted, the log says so.

    Raises:
        BadConfiguration: there is no encoder of this name.
    """
    if wanted == SOFTWARE.name:
        return SOFTWARE
    order: tuple[str, ...] = ON_WINDOWS if sys.platform == "win32" else ON_LINUX
    if wanted != "auto":
        if wanted not in ENCODERS:
            raise BadConfiguration(f"encoder: {wanted!r} is none of auto, {', '.join(ENCODERS)}")
        order = (wanted,)
    found = next((ENCODERS[name] for name in order if works(ENCODERS[name], ffmpeg)), SOFTWARE)
    if wanted not in {"auto", found.name}:
        log.warning("%s does not encode on this machine, using %s", wanted, found.name)
    else:
        log.info("pictures are encoded by %s", found.name)
    return found
