"""The side stream of a source: small pictures, or sound for measuring, beside what is recorded.

A second output of the child that has the source open anyway sends each JPEG, or each block of
samples, as one datagram to a UDP socket of the agent. Datagrams that nobody reads are dropped by
the kernel, so a reader that is slow or dead holds nothing up. An output that fails would end its
ffmpeg, and with it the recording (measured): `tee` lets go of the socket and goes on with `null`.
Ffmpeg's `fifo` is made for this too, but tries for ever to recover when the child is to end.
"""

from typing import Final

from edge_agent.capture.inputs import PICTURE_RATE, straightened
from edge_agent.room.model import Source

PICTURES_A_SECOND: Final = 4
"""Enough to tell a frozen picture within 3 s; the touch page promises one a second."""

SIDE: Final = 320
"""The longer side of a picture, in pixels. Pure noise then makes a JPEG of 54 kB (measured)."""

SHAPE: Final = "force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=pc"

RATE: Final = 16000
BLOCK: Final = 640
"""Samples in a datagram of sound, 40 ms."""

MOST_BYTES: Final = 65000
"""Of a datagram; UDP carries 65,507."""


def decoding(source: Source) -> tuple[str, ...]:
    """Options of the input: a copied picture is decoded for its side stream alone, roughly."""
    if source.copy and not source.is_audio:
        return ("-threads", "1", "-skip_loop_filter", "all")
    return ()


def output(source: Source, port: int, *, alive: str = "[f=null]-") -> tuple[str, ...]:
    """The arguments of the output that sends a source to `port` of this machine.

    Args:
        source: what is seen or heard.
        port: where the agent listens.
        alive: the other half of the tee, which must not fail unless the child is to end.
    """
    form, size = ("s16le", 2 * BLOCK) if source.is_audio else ("mjpeg", MOST_BYTES)
    to = rf"udp\://127.0.0.1\:{port}?pkt_size={size}"
    sent = f"[f={form}:onfail=ignore:flush_packets=1]{to}"
    return (*coding(source), "-f", "tee", f"{sent}|{alive}")


def coding(source: Source) -> tuple[str, ...]:
    """How the first stream of the source's kind becomes small pictures, or sound to measure."""
    if source.is_audio:
        return ("-map", "0:a:0", *_sound(source))
    return ("-map", "0:v:0", *_picture(source))


def _picture(source: Source) -> tuple[str, ...]:
    # A picture that the source did not give is not made up: one that stands still is a fault.
    least = 1 / PICTURES_A_SECOND - 1 / (2 * PICTURE_RATE)
    filters = (
        straightened(source),
        f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{least:.3f})'",
        f"scale={SIDE}:{SIDE}:{SHAPE}",
        "format=yuv420p",
    )
    # Several threads would keep back as many pictures.
    jpeg = ("-c:v", "mjpeg", "-threads", "1", "-q:v", "6", "-fps_mode", "passthrough")
    return ("-vf", ",".join(filters), *jpeg, "-strict", "unofficial", "-color_range", "pc")


def _sound(source: Source) -> tuple[str, ...]:
    shaped = (f"aresample={RATE}", f"asetnsamples=n={BLOCK}:p=0")
    filters = (straight, *shaped) if (straight := straightened(source)) else shaped
    return ("-af", ",".join(filters), "-ac", "1", "-c:a", "pcm_s16le")
