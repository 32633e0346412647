"""The disk keeper never deletes what the fleet does not hold."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.storage.disk import (
    Candidate,
    DiskLimits,
    delete,
    free,
    needed,
    reclaim,
    state,
)

LIMITS = DiskLimits(low=1000, full=100)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def candidate(number: int, *, held: bool = True, size: int = 10, where: Path | None = None):
    path = (where or Path("/takes")) / f"{number}.mp4"
    digest = f"{number:064x}"
    recorded = NOON + timedelta(minutes=number)
    return Candidate(path, size, digest, digest if held else None, recorded)


@pytest.mark.parametrize(
    ("bytes_free", "expected"),
    [(0, "full"), (99, "full"), (100, "low"), (999, "low"), (1000, "ok")],
)
def test_states_lie_between_the_limits(bytes_free: int, expected: str) -> None:
    assert state(bytes_free, LIMITS) == expected


def test_only_a_low_disk_needs_anything() -> None:
    assert needed(1500, LIMITS) == 0
    assert needed(400, LIMITS) == 600


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and low"):
        DiskLimits(low=100, full=1000)


def test_the_oldest_go_first_and_no_more_than_needed() -> None:
    chosen = reclaim([candidate(3), candidate(1), candidate(2)], 15)

    assert [each.path.name for each in chosen] == ["1.mp4", "2.mp4"]


def test_nothing_needed_nothing_chosen() -> None:
    assert reclaim([candidate(1)], 0) == []


def test_a_receipt_of_another_file_is_none() -> None:
    other = Candidate(Path("/takes/1.mp4"), 10, "a" * 64, "b" * 64, NOON)

    assert reclaim([other, candidate(2, held=False)], 100) == []


@given(
    held=st.lists(st.booleans(), max_size=20),
    need=st.integers(min_value=0, max_value=300),
)
def test_whatever_is_needed_only_what_the_fleet_holds_is_chosen(held: list[bool], need: int):
    chosen = reclaim([candidate(n, held=each) for n, each in enumerate(held)], need)

    assert all(each.held_by_fleet for each in chosen)
    assert sum(each.bytes for each in chosen) >= min(need, 10 * sum(held))
    assert sum(each.bytes for each in chosen[:-1]) < max(1, need)


def test_deleting_deletes_and_says_what(tmp_path: Path) -> None:
    files = [candidate(n, where=tmp_path) for n in range(3)]
    for each in files[:2]:
        each.path.write_bytes(b"x" * 10)

    assert delete(files) == files
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_deleted_does_not_stop_the_others(tmp_path: Path) -> None:
    stuck, fine = candidate(1, where=tmp_path), candidate(2, where=tmp_path)
    stuck.path.mkdir()
    fine.path.touch()

    assert delete([stuck, fine]) == [fine]


def test_deleting_what_the_fleet_does_not_hold_deletes_nothing(tmp_path: Path) -> None:
    held, orphan = candidate(1, where=tmp_path), candidate(2, held=False, where=tmp_path)
    held.path.touch()
    orphan.path.touch()

    with pytest.raises(ValueError, match=r"2\.mp4 has no receipt"):
        delete([held, orphan])
    assert held.path.exists()
    assert orphan.path.exists()


def test_free_is_what_the_file_system_says(tmp_path: Path) -> None:
    assert 0 < free(tmp_path) < 2**60
