"""Which device PortAudio is told to open, and what becomes of a program that cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.capture.microphone import NOT_THERE, listening, number
from edge_agent.room.model import Source

INPUTS = [
    {"index": 0, "name": "HDA Intel: ALC287 Analog (hw:0,0)"},
    {"index": 3, "name": "USB Audio: - (hw:1,0)"},
    {"index": 5, "name": "pulse"},
    {"index": 6, "name": "default"},
    {"index": 8, "name": "Microphone (Realtek High Defini"},
]


@pytest.mark.parametrize(
    ("driver", "address", "index"),
    [
        ("alsa", "hw:1,0", 3),
        ("alsa", "default", 6),
        ("pulse", "alsa_input.usb-Lavalier", 5),
        ("dshow", "Microphone (Realtek High Definition Audio)", 8),
    ],
)
def test_a_device_is_found_by_its_name(driver: str, address: str, index: int) -> None:
    assert number(driver, address, INPUTS) == index


@pytest.mark.parametrize("address", ["hw:2,0", "hw:1", "Micro"])
def test_a_device_that_is_not_there_is_not_guessed(address: str) -> None:
    with pytest.raises(LookupError, match=address):
        number("alsa", address, INPUTS)


def test_it_says_when_portaudio_has_no_such_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever this machine has.
    config = tmp_path / "asound.conf"
    config.write_text("pcm.!default { type null }\nctl.!default { type null }\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    source = Source("m", "microphone", "audio", "alsa", "hw:7,0")
    words = listening(source, 9).arguments
    done = subprocess.run(words, capture_output=True, text=True, timeout=20)

    assert words[0] == sys.executable
    assert done.returncode == NOT_THERE
    assert "hw:7,0" in done.stderr.splitlines()[-1]
