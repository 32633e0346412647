"""What a child of ffmpeg's is heard to say."""

from pathlib import Path

import pytest

from edge_agent.capture.plan import Plan
from edge_agent.capture.process import Child


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("", ""),
        ("[rtsp @ 0x55d0c0ffee] 404 Not Found", "404 Not Found"),
        ("Connection refused\n[tee @ 0x5] Non-monotonous DTS in stream 0:0", "Connection refused"),
        ("[mp4 @ 0x5] Timestamps are unset in a packet for stream 0", ""),
        ("401 for teacher:hunter2", "401 for teacher:…"),
    ],
)
def test_a_complaint_is_a_reason_for_a_person(tmp_path: Path, said: str, heard: str) -> None:
    """A shell stands for ffmpeg: it says on its standard error what the test wants said."""
    child = Child(Plan(("sh", "-c", f"printf '%s\\n' '{said}' >&2"), None), tmp_path, ["hunter2"])
    assert list(child.batches()) == []
    child.reap()

    assert child.complaint == heard
