"""Two agents on one data directory."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.errors import Refused
from edge_agent.storage.alone import alone

HOLDING = """
import sys, time
from pathlib import Path
from edge_agent.storage.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_data_directory_has_one_agent(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Refused, match="another agent"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_killed_agent_holds_nothing(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(Refused), alone(tmp_path):
        pass
    other.kill()
    other.wait(10)
    other.stdout.close()
    with alone(tmp_path):
        pass
