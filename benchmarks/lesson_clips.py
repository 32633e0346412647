"""A lesson without a fault, and the same with one that begins at `FAULT_AT` seconds.

The lesson is the simulated classroom's: somebody walks before a board, slides, a voice. A camera's
noise and a room's are laid over it, as no real picture stands quite still and no room is silent.
"""

from pathlib import Path
from typing import Final

from edge_agent.room.model import Source
from simulator import lesson

FAULT_AT: Final = 12.0
SECONDS: Final = 18.0

CAMERA: Final = Source("camera", "camera", "presenter", "test", "")
SCREEN: Final = Source("screen", "screen", "presentation", "test", "")
MICROPHONE: Final = Source("microphone", "microphone", "audio", "test", "")

_NOW: Final = f"enable='gte(t,{FAULT_AT:g})'"
_NOISE: Final = "noise=alls=5:allf=t"
_FILL: Final = f"t=fill:{_NOW}"

PICTURE_FAULTS: Final = {
    "black": f"drawbox=color=black:{_FILL},{_NOISE}",
    "frozen": f"{_NOISE},trim=end={FAULT_AT:g},tpad=stop_mode=clone:stop_duration=10",
    "blurred": f"gblur=sigma=10:{_NOW},{_NOISE}",
    "covered": f"drawbox=color=0x7a5a48:{_FILL},{_NOISE}",
    "moved": f"crop=480:270:10+140*gte(t\\,{FAULT_AT:g}):10+70*gte(t\\,{FAULT_AT:g}),{_NOISE}",
    "no-signal": f"{_NOISE},trim=end={FAULT_AT:g}",
}
"""By the alarm that is to be raised: the filters that make it of a camera's picture."""

SOUND_FAULTS: Final = {
    "silent": f"volume=-70dB:{_NOW}",
    "muted": f"volume=0:{_NOW}",
    "clipped": f"volume=36dB:{_NOW}",
    "hum": "",
    "no-signal": f"atrim=end={FAULT_AT:g}",
}


def camera(filters: str = _NOISE) -> str:
    """The lavfi graph of the camera, with or without a fault."""
    return f"{lesson.presenter()},{filters}"


def voice(directory: Path, fault: str = "") -> str:
    """The lavfi graph of the microphone; `directory` keeps the spoken text."""
    made = next(each for each in lesson.sources(directory) if each["kind"] == "microphone")
    address = made["address"]
    spoken = f"amovie={address}:loop=0,asetpts=N/SR/TB" if made["driver"] == "file" else address
    room = "anoisesrc=color=pink:amplitude=0.006:seed=1:sample_rate=48000"
    mixed = f"{spoken},aresample=48000[voice];{room}[room];[voice][room]amix=inputs=2:normalize=0"
    if fault == "hum":
        loud = f"0.15*gte(t,{FAULT_AT:g})*(sin(2*PI*50*t)+0.5*sin(2*PI*150*t))"
        return (
            f"{mixed}[clean];aevalsrc='{loud}':s=48000[hum];[clean][hum]amix=inputs=2:normalize=0"
        )
    return f"{mixed},{SOUND_FAULTS[fault]}" if fault else mixed
