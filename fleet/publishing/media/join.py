"""Segments to one MP4 a track, without encoding anything again.

ffmpeg's concat demuxer puts each file where its `duration` directives say, so every segment
lands on its position. Three things it cannot do are done before:

- it takes all files to count time as the first one does: a source that came back with another
  time base, or sound with another rate, is brought to the first one's form (a copy for picture,
  an encoding for sound);
- a picture that begins late: the first one is shown from the start of the lesson, so that every
  player has a picture from the first second;
- a gap of sound is filled with encoded silence, because players that count samples instead of
  reading time stamps would play the rest too early.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleet.publishing.media.probe import Stream, is_mp4, probe
from fleet.publishing.media.tools import ONLY_MP4, ToolFailed, Tools
from fleet.publishing.timeline import Lane, Placed

AAC_FRAME = 1024
"""Samples in a packet of AAC-LC."""

SILENCE_FRAMES = 470
"""Packets in the block of silence that gaps are filled from: 10 s at 48 kHz."""

FILLED = 50_000
"""A gap of sound of fewer microseconds is left to the time stamps."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a concat list. `until`: use only so much of it, in microseconds."""

    file: Path
    lasts: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A concat list, and the position of its first entry.

    `alike`: all runs have the same parameter sets, so these need not be repeated in the stream.
    """

    file: Path
    first: int
    alike: bool


def prepare(tools: Tools, lane: Lane, files: dict[str, Path], work: Path) -> Script:
    """Write the concat list of a lane into `work`, making there what it needs beside.

    Args:
        tools: ffmpeg and ffprobe.
        lane: the track.
        files: where each segment's key lies.
        work: a directory of this lane's own.

    Raises:
        ToolFailed: a segment cannot be read, or is not what its track should be.
    """
    forms, same = _make_alike(tools, lane, files, work)
    form = forms[0]
    if lane.kind == "video":
        entries = list(_follow(lane.pieces, same))
        first = lane.pieces[0].at
    else:
        silence = _silence(tools, form, work) if _gaps(lane.pieces) else None
        entries = list(_fill(lane.pieces, same, silence, form.rate))
        first = 0 if silence and lane.pieces[0].at >= FILLED else lane.pieces[0].at
    script = work / f"{lane.track}.ffconcat"
    script.write_text(_text(entries), encoding="utf-8")
    alike = len({form.parameters for form in forms}) == 1 and lane.kind == "video"
    return Script(script, first, alike)


def joining(picture: Script | None, sound: Script | None, output: Path) -> list[str]:
    """Arguments that join a picture, a sound, or both, to one MP4 that plays while it loads."""
    arguments: list[str] = []
    for script in (picture, sound):
        if script is not None:
            delay = 0 if script is picture else script.first
            if delay:
                arguments += ["-itsoffset", f"{delay}us"]
            if script.alike:
                arguments += ["-auto_convert", "0"]
            # A list of ours; none of what it names may be one.
            arguments += ["-protocol_whitelist", "file", "-format_whitelist", "concat,mov"]
            arguments += ["-f", "concat", "-safe", "0", "-i", str(script.file)]
    if picture is not None:
        arguments += ["-map", "0:v:0"]
        if picture.first:
            # The first picture stays at 0; all others go to their places. Not `ts=`, which gives
            # pictures their decoding times and so breaks those that are stored out of order.
            late = f"{picture.first}/1000000/TB"
            shift = ":".join(
                f"{ts.lower()}='if(eq(N,0),{ts},{ts}+{late})'" for ts in ("PTS", "DTS")
            )
            arguments += ["-bsf:v", f"setts={shift}"]
    if sound is not None:
        arguments += ["-map", f"{int(picture is not None)}:a:0"]
    return [*arguments, "-c", "copy", "-movflags", "+faststart", "-f", "mp4", str(output)]


def _make_alike(
    tools: Tools, lane: Lane, files: dict[str, Path], work: Path
) -> tuple[list[Stream], dict[str, Path]]:
    """The forms of the runs, and each segment in the form of the first one."""
    forms: dict[str, Stream] = {}
    same: dict[str, Path] = {}
    for number, piece in enumerate(lane.pieces):
        if not is_mp4(files[piece.key]):
            raise ToolFailed(f"a segment of track {lane.track} is no MP4")
        if piece.stretch not in forms:
            forms[piece.stretch] = _form(tools, lane, files[piece.key])
        wanted, found = next(iter(forms.values())), forms[piece.stretch]
        if _is_alike(wanted, found):
            same[piece.key] = files[piece.key]
        else:
            same[piece.key] = work / f"{lane.track}-{number}.mp4"
            tools.ffmpeg(_conversion(files[piece.key], wanted, same[piece.key]), cwd=work)
    return list(forms.values()), same


def _form(tools: Tools, lane: Lane, file: Path) -> Stream:
    stream = probe(tools, file).first(lane.kind)
    wanted = "h264" if lane.kind == "video" else "aac"
    if stream is None or stream.codec != wanted:
        found = stream.codec if stream else "nothing"
        raise ToolFailed(f"a segment of track {lane.track} holds {found} instead of {wanted}")
    return stream


def _is_alike(wanted: Stream, found: Stream) -> bool:
    return (wanted.time_base, wanted.rate, wanted.channels) == (
        found.time_base,
        found.rate,
        found.channels,
    )


def _conversion(file: Path, wanted: Stream, output: Path) -> list[str]:
    if wanted.kind == "video":
        form = ["-c", "copy", "-video_track_timescale", str(wanted.time_base)]
    else:
        form = ["-c:a", "aac", "-ar", str(wanted.rate), "-ac", str(wanted.channels)]
    return [*ONLY_MP4, "-i", str(file), *form, str(output)]


def _silence(tools: Tools, form: Stream, work: Path) -> Path:
    file = work / "silence.mp4"
    layout = "mono" if form.channels == 1 else "stereo"
    source = f"anullsrc=r={form.rate}:cl={layout}"
    length = ["-t", f"{SILENCE_FRAMES * AAC_FRAME / form.rate:.6f}"]
    tools.ffmpeg(
        ["-f", "lavfi", "-i", source, *length, "-ac", str(form.channels), "-c:a", "aac", str(file)],
        cwd=work,
    )
    return file


def _gaps(pieces: Sequence[Placed]) -> bool:
    end = 0
    for piece in pieces:
        if piece.at - end >= FILLED:
            return True
        end = piece.at + piece.duration
    return False


def _follow(pieces: Sequence[Placed], files: dict[str, Path]) -> Iterator[Entry]:
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        lasts = after.at - piece.at if after else piece.duration
        yield Entry(files[piece.key], lasts)


def _fill(
    pieces: Sequence[Placed], files: dict[str, Path], silence: Path | None, rate: int
) -> Iterator[Entry]:
    if silence and pieces[0].at >= FILLED:
        yield from _quiet(silence, pieces[0].at, rate)
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        gap = after.at - piece.at - piece.duration if after else 0
        if silence and gap >= FILLED:
            yield Entry(files[piece.key], piece.duration)
            yield from _quiet(silence, gap, rate)
        else:
            yield Entry(files[piece.key], piece.duration + gap)


def _quiet(silence: Path, length: int, rate: int) -> Iterator[Entry]:
    """Whole packets of silence; the entries together last exactly `length`."""
    packet = AAC_FRAME * 1_000_000 / rate
    block = round(SILENCE_FRAMES * packet)
    while length > block:
        # Half a packet before its end, so that the file's own end decides nothing.
        yield Entry(silence, block, round((SILENCE_FRAMES - 0.5) * packet))
        length -= block
    packets = int(length // packet)
    yield Entry(silence, length, round(max(packets - 0.5, 0.5) * packet))


def _text(entries: Sequence[Entry]) -> str:
    lines = ["ffconcat version 1.0"]
    for entry in entries:
        quoted = str(entry.file).replace("'", r"'\''")
        lines.append(f"file '{quoted}'")
        if entry.until is not None:
            lines.append(f"outpoint {entry.until}us")
        lines.append(f"duration {entry.lasts}us")
    return "\n".join(lines) + "\n"
