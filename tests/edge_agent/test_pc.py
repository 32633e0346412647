import time

from edge_agent import pc


def test_facts_of_this_pc() -> None:
    assert pc.boot_id() == pc.boot_id() != ""
    assert pc.hostname()
    assert pc.system()
    assert pc.cpu_count() >= 1
    assert pc.memory_bytes() > 100 << 20
    assert pc.temperature() is None or -50 < pc.temperature() < 150


def test_the_clock_since_boot_goes_on_and_counts_at_least_what_monotonic_does() -> None:
    before, monotonic = pc.since_boot(), time.monotonic()
    time.sleep(0.05)

    assert pc.since_boot() - before >= 0.05
    assert pc.since_boot() >= monotonic
