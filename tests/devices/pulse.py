"""A PulseAudio server with a null sink: what is played into it is what the microphone hears."""

import os
import subprocess
from pathlib import Path

from tests.servers.child import Child, Children

SINK = "classroom"


class Pulse:
    """One server with sink `classroom`; record from `microphone` with `env`."""

    def __init__(self, children: Children, directory: Path) -> None:
        # The path of a unix socket holds 107 bytes; a test's own folder is often longer.
        self.directory = directory
        run = directory / "run"
        run.mkdir(mode=0o700, parents=True)
        self.socket = run / "native"
        if len(str(self.socket)) > 107:
            raise ValueError(f"too long for a unix socket: {self.socket}")
        self.microphone = f"{SINK}.monitor"
        self.env = {
            "PULSE_SERVER": f"unix:{self.socket}",
            "XDG_RUNTIME_DIR": str(run),
            "HOME": str(directory),
        }
        self._children = children
        self.child: Child = children.start(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                "--use-pid-file=no", "--log-target=stderr", "--log-level=notice",
                "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
                "-L", f"module-null-sink sink_name={SINK} rate=48000 channels=2",
                "-L", "module-always-sink",
            ],
            name=f"pulse-{len(children.started)}",
            env=self.env,
        )  # fmt: skip
        self._wait_until_it_answers()
        # Somebody must always play with a short latency. An idle null sink makes silence in
        # blocks of two seconds, ahead of time, and its monitor cannot take back what it has
        # given: each sound after a pause would be heard up to two seconds late.
        self._children.start(
            [
                "pacat", "--playback", "--raw", "--rate=48000", "--channels=2", "--format=s16le",
                f"--device={SINK}", "--latency-msec=20", "/dev/zero",
            ],
            name=f"silence-{len(children.started)}",
            env=self.env,
        )  # fmt: skip

    def play(self, wav: Path) -> Child:
        """Play a WAV file into the room; returns at once."""
        return self._children.start(
            ["paplay", f"--device={SINK}", "--latency-msec=60", wav],
            name=f"paplay-{len(self._children.started)}",
            env=self.env,
        )

    def _wait_until_it_answers(self) -> None:
        for _ in range(100):
            answer = subprocess.run(
                ["pactl", "list", "short", "sources"],
                env={**os.environ, **self.env},
                capture_output=True,
                text=True,
                timeout=10,
            )
            if self.microphone in answer.stdout:
                return
            if not self.child.running:
                break
        raise AssertionError(f"PulseAudio did not start:\n{self.child.output()}")
