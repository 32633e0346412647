"""What the simulated classroom's camera, screen and microphone give: a lesson, drawn by ffmpeg.

All are `edge_agent` sources with the driver `test` or `file`, so they take the same way through
the recorder as a real device: opened, encoded, cut into segments.
"""

import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

PICTURE = "640x360"
RATE = 15
PAGE_SECONDS = 5
SPEECH_LIMIT_SECONDS = 60

SLIDES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("How water shapes the land", ("A sample lesson", "Lectern")),
    ("1. Rain", ("falls on hills first", "runs off, or sinks in")),
    ("2. Rivers", ("carry stones uphill never", "and sand downhill always")),
    ("3. Deltas", ("where the current rests", "the land grows")),
    ("4. Wells", ("bring back what sank in", "if it is given time")),
    ("Questions?", ("Next time we look at floods",)),
)

SPEECH = (
    "Good morning, and welcome to this sample lesson. Today we look at how water shapes the land. "
    "Rain falls on the hills first. A part of it runs off at once; the rest sinks into the ground. "
    "Rivers carry sand and stones down to the plains, and where the current rests, the land grows. "
    "What sank in can be brought back by wells, if it is given time. Are there any questions?"
)


def sources(directory: Path) -> list[dict[str, Any]]:
    """The three sources as `edge_agent.settings.RoomSettings` takes them.

    `directory` keeps the spoken text, which is made when it is not there yet.
    """
    video = {"driver": "test", "size": PICTURE, "rate": RATE}
    return [
        {
            "name": "lectern camera", "kind": "camera", "track": "presenter",
            "address": presenter(), **video,
        },
        {
            "name": "teacher's screen", "kind": "screen", "track": "presentation",
            "address": presentation(), **video,
        },
        {
            "name": "lectern microphone", "kind": "microphone", "track": "audio",
            **_microphone(directory / "speech.wav"),
        },
    ]  # fmt: skip


def presenter() -> str:
    """A lavfi graph: somebody walks to and fro before a board, under a running clock."""
    width, height = (int(number) for number in PICTURE.split("x"))
    board = f"drawbox=x={width // 8}:y={height // 8}:w={width * 3 // 4}:h={height // 2}"
    walk = f"(W-w)/2+{width // 4}*sin(t*{math.tau / 12:.4f})"
    still = f"trim=end_frame=1,loop=-1:1,setpts=N/({RATE}*TB)"
    head = "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)'"
    return (
        f"color=c=0xd8d2c4:s={PICTURE}:r={RATE},{board}:color=0x24533f:t=fill,"
        f"{_text('How water shapes the land', 28, width // 6, height // 5, '0xe8f0e8')}[wall];"
        f"color=c=0x2f4a7d:s=96x150:r={RATE},{still}[coat];"
        f"color=c=0xb98260:s=64x64:r={RATE},{head}:a='255*lt(hypot(X-32,Y-32),31)',{still}[face];"
        f"[wall][coat]overlay=x='{walk}':y=H-h[half];"
        f"[half][face]overlay=x='{walk}':y='H-h-145+3*sin(t*5)',"
        f"drawtext=text='%{{pts\\:hms}}':fontsize=20:x=w-tw-12:y=h-th-12"
        f":fontcolor=white:box=1:boxcolor=black@0.5:boxborderw=6,format=yuv420p"
    )


def presentation() -> str:
    """A lavfi graph: the slides, one after the other, from the beginning again after the last."""
    width, height = (int(number) for number in PICTURE.split("x"))
    whole = PAGE_SECONDS * len(SLIDES)
    words = []
    for number, (title, lines) in enumerate(SLIDES):
        begin = number * PAGE_SECONDS
        now = f":enable='between(mod(t,{whole}),{begin},{begin + PAGE_SECONDS - 1 / RATE / 2:.3f})'"
        shade = 0xF7F5EF - 0x0C0E0A * (number % 2)
        words.append(f"drawbox=w=iw:h=ih:t=fill:color=0x{shade:06x}{now}")
        words.append(_text(title, 36, width // 10, height // 5, "0x1d3557") + now)
        words += [
            _text(f"• {line}", 24, width // 10, height * 2 // 5 + 44 * row, "0x333333") + now
            for row, line in enumerate(lines)
        ]
        words.append(_text(f"{number + 1} / {len(SLIDES)}", 16, width - 80, height - 36) + now)
    return f"color=c=white:s={PICTURE}:r={RATE},{','.join(words)},format=yuv420p"


def _text(text: str, size: int, x: int, y: int, colour: str = "0x666666") -> str:
    return f"drawtext=text='{text}':fontsize={size}:x={x}:y={y}:fontcolor={colour}"


def _microphone(wav: Path) -> dict[str, Any]:
    speaker = shutil.which("espeak-ng")
    if speaker and not wav.exists():
        wav.parent.mkdir(parents=True, exist_ok=True)
        fresh = wav.with_suffix(".new")
        subprocess.run(
            [speaker, "-v", "en", "-s", "140", "-w", fresh, "--", SPEECH],
            check=True,
            capture_output=True,
            timeout=SPEECH_LIMIT_SECONDS,
        )
        fresh.replace(wav)
    if wav.exists():
        return {"driver": "file", "address": str(wav)}
    # Syllables: a voice's pitch that rises and falls four times a second, with pauses for breath.
    tone = "0.3*sin(2*PI*(140+20*sin(t*3))*t)*abs(sin(2*PI*2*t))*lt(mod(t,5),4)"
    return {"driver": "test", "address": f"aevalsrc='{tone}':s=48000"}
