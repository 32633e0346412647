"""What sound measures, judged by ffmpeg's ebur128, volumedetect and silencedetect."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks import lesson_clips
from benchmarks.lesson_clips import FAULT_AT, MICROPHONE
from benchmarks.replay import observed, told
from edge_agent.capture.side import RATE
from edge_agent.capture.sound import BLOCK, LOWEST, SoundMeter, Tenth, hum
from edge_agent.ports.watch import Heard
from tests.devices import speech


def wav(directory: Path, graph: str, seconds: float = 6) -> Path:
    """A clip as the side stream has it."""
    path = directory / "clip.wav"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", graph, "-t", str(seconds)]
    subprocess.run([*command, "-ac", "1", "-ar", str(RATE), "-y", path], check=True, timeout=30)
    return path


def measured(path: Path) -> list[Tenth]:
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-"]
    data = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    return SoundMeter().measure([data])


def judged(path: Path, judge: str) -> str:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", judge, "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stderr


CLIPS = {
    "a tone": "sine=frequency=1000:sample_rate=48000,volume=-10dB",
    "a low tone": "sine=frequency=80:sample_rate=48000,volume=-6dB",
    "a high tone": "sine=frequency=5000:sample_rate=48000,volume=-20dB",
    "pink noise": "anoisesrc=color=pink:amplitude=0.3:seed=3",
    "syllables": "aevalsrc='0.3*sin(2*PI*(140+20*sin(t*3))*t)*abs(sin(2*PI*2*t))':s=48000",
}


@pytest.mark.parametrize("clip", [*CLIPS, "a voice"])
def test_loudness_is_what_ebur128_says(tmp_path: Path, clip: str) -> None:
    if clip == "a voice":
        path = tmp_path / "voice.wav"
        speech.speak(path)
        path = wav(tmp_path, f"amovie={path}")
    else:
        path = wav(tmp_path, CLIPS[clip])
    log = judged(path, "ebur128=framelog=info")
    theirs = re.findall(r" t: *([\d.]+) .*?M: *(-?[\d.]+) +S: *(-?[\d.]+)", log)
    ours = measured(path)

    compared = 0
    for at, momentary, short_term in theirs:
        tenth = round(float(at) * 10) - 1
        if 30 <= tenth < len(ours) and float(momentary) > -60:
            hearing = ours[tenth].hearing
            assert hearing.momentary == pytest.approx(float(momentary), abs=0.5)
            assert hearing.short_term == pytest.approx(float(short_term), abs=0.5)
            compared += 1
    assert compared > 10


def test_level_and_peak_are_what_volumedetect_says(tmp_path: Path) -> None:
    path = wav(tmp_path, CLIPS["pink noise"])
    log = judged(path, "volumedetect")
    mean, peak = (float(re.search(rf"{w}_volume: (-?[\d.]+)", log)[1]) for w in ("mean", "max"))
    ours = measured(path)

    power = np.mean([10 ** (tenth.rms / 10) for tenth in ours])
    assert 10 * np.log10(power) == pytest.approx(mean, abs=0.2)
    assert max(tenth.peak for tenth in ours) == pytest.approx(peak, abs=0.1)


def test_silence_begins_where_silencedetect_says(tmp_path: Path) -> None:
    path = wav(tmp_path, lesson_clips.voice(tmp_path, "silent"), lesson_clips.SECONDS)
    theirs = re.findall(r"silence_start: ([\d.]+)", judged(path, "silencedetect=noise=-65dB:d=2"))
    ours = [index / 10 for index, each in enumerate(measured(path)) if each.hearing.level < -65]

    assert [float(at) for at in theirs] == [pytest.approx(FAULT_AT, abs=0.2)]
    assert ours[0] == pytest.approx(float(theirs[0]), abs=0.6)
    assert len(ours) == pytest.approx(10 * (lesson_clips.SECONDS - ours[0]), abs=1)


def test_digital_zero_is_not_mere_silence(tmp_path: Path) -> None:
    muted = measured(wav(tmp_path, "anullsrc=r=48000", 1))
    quiet = measured(wav(tmp_path, "anoisesrc=amplitude=0.0001:seed=1", 1))

    assert all(tenth.hearing.zero for tenth in muted)
    assert {tenth.rms for tenth in muted} == {LOWEST}
    assert not any(tenth.hearing.zero for tenth in quiet)


def test_clipping_is_a_share_and_loud_is_not_clipped(tmp_path: Path) -> None:
    tone = "sine=frequency=300:sample_rate=48000,volume=8"
    loud = measured(wav(tmp_path, f"{tone},volume=-3dB", 2))[-1].hearing
    clipped = measured(wav(tmp_path, f"{tone},volume=9dB", 2))[-1].hearing

    assert loud.clipped == 0
    assert clipped.clipped > 0.2


@pytest.mark.parametrize(("frequency", "hums"), [(50, 1), (60, 1), (150, 1), (180, 1), (440, 0)])
def test_hum_is_at_multiples_of_the_mains(frequency: int, hums: float) -> None:
    times = np.arange(RATE) / RATE

    assert hum(np.sin(2 * np.pi * frequency * times)) == pytest.approx(hums, abs=0.01)
    assert hum(np.zeros(RATE)) == 0


@pytest.mark.parametrize("fault", lesson_clips.SOUND_FAULTS)
def test_each_fault_is_told_within_three_seconds_and_no_other(tmp_path: Path, fault: str) -> None:
    clip = lesson_clips.voice(tmp_path, fault)
    raised = [each for each in told(MICROPHONE, clip, lesson_clips.SECONDS) if each.raised]

    assert [each.alarm for each in raised] == [fault]
    assert FAULT_AT < raised[0].at <= FAULT_AT + 3


def test_a_voice_does_not_hum(tmp_path: Path) -> None:
    clip = lesson_clips.voice(tmp_path)
    heard = [o for _, each in observed(MICROPHONE, clip, 20) for o in each if isinstance(o, Heard)]

    assert len(heard) == pytest.approx(200, abs=3)
    assert max(each.hearing.hum for each in heard) < 0.3


def test_it_does_not_matter_how_the_sound_is_cut() -> None:
    samples = (np.random.default_rng(1).normal(0, 3000, 4 * BLOCK)).astype("<i2").tobytes()
    whole = SoundMeter().measure([samples])
    meter = SoundMeter()
    pieces = [samples[at : at + 1002] for at in range(0, len(samples), 1002)]

    assert [t for piece in pieces for t in meter.measure([piece])] == whole
