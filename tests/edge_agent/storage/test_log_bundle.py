"""Logs that leave the room."""

import io
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.storage.log_bundle import HIDDEN, bundle, redacted

RANDOM = random.Random(5)  # noqa: S311


def files(archive: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_the_newest_comes_first_and_no_secret_leaves(tmp_path: Path) -> None:
    (tmp_path / "agent.log").write_text("new: the camera said hunter2/secret\n")
    (tmp_path / "agent.log.1").write_text("old\n")
    (tmp_path / "agent.log.10").write_text("oldest: hunter2%2Fsecret\n")
    (tmp_path / "agent.log.2").write_text("older\n")
    (tmp_path / "key.pem").write_text("another file")

    found = files(bundle(tmp_path, {"room.json": "{}"}, ["hunter2/secret"], 100_000))

    assert list(found) == ["room.json", "agent.log", "agent.log.1", "agent.log.2", "agent.log.10"]
    assert found["agent.log"] == f"new: the camera said {HIDDEN}\n"
    assert found["agent.log.10"] == f"oldest: {HIDDEN}\n"


@pytest.mark.parametrize("most", [60_000, 200_000, 1_000_000])
def test_it_is_never_larger_than_it_may_be_and_keeps_the_newest_lines(
    tmp_path: Path, most: int
) -> None:
    for name in ("agent.log", "agent.log.1", "agent.log.2"):
        # Text that does not compress: each file is half a megabyte as .zip.
        lines = [f"{n} {RANDOM.randbytes(48).hex()}" for n in range(10_000)]
        (tmp_path / name).write_text("\n".join([*lines, f"the end of {name}"]))

    archive = bundle(tmp_path, {"room.json": "{}"}, [], most)

    assert most * 0.3 < len(archive) <= most
    found = files(archive)
    assert found["agent.log"].endswith("the end of agent.log")
    assert all(line.partition(" ")[0].isdigit() for line in found["agent.log"].splitlines()[:-1])
    assert ("agent.log.1" in found) == (most > 500_000)


def test_a_room_without_logs_describes_itself(tmp_path: Path) -> None:
    assert files(bundle(tmp_path / "none", {"room.json": "{}"}, [], 10_000)) == {"room.json": "{}"}


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("rtsp://admin:pw@10.0.0.5/stream", f"rtsp://{HIDDEN}@10.0.0.5/stream"),
        ("Authorization: Bearer abc.def-ghi", f"Authorization: Bearer {HIDDEN}"),
        ("jwt eyJhbGciOi.eyJpc3Mi.c2ln went", f"jwt {HIDDEN} went"),
        ("password=hunter2, user=admin", f"password={HIDDEN}, user=admin"),
        ('{"secret": "hunter2"}', f'{{"secret": "{HIDDEN}"}}'),
        ("claim: ABCD-EFGH", f"claim: {HIDDEN}"),
        ("the pin=2468 is wrong", f"the pin={HIDDEN} is wrong"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nMHc\n-----END EC PRIVATE KEY-----\nnext",
            f"{HIDDEN}\nnext",
        ),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(line: str, clean: str) -> None:
    assert redacted(line, []) == clean


@pytest.mark.parametrize(
    "line",
    [
        "2026-09-01T06:30:00.000+00:00 INFO    edge_agent.app: the room is ready: 3 sources",
        "connected to https://fleet.example:8443/uploads/1",
        "the spinning camera pinned to preset 3",
    ],
)
def test_the_rest_stays_as_it_is(line: str) -> None:
    assert redacted(line, ["3", ""]) == line


@given(st.text(), st.lists(st.text(min_size=3, alphabet="abcä/ %"), max_size=3))
def test_no_known_secret_is_left(text: str, secrets: list[str]) -> None:
    clean = redacted(" ".join([text, *secrets, text]), secrets)
    assert all(secret not in clean.replace(HIDDEN, "\0") for secret in secrets)
