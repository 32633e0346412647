"""A fault does to an answer what it says."""

import asyncio
import time

import pytest

from simulator.faults import GARBAGE, Cut, Faults


def test_a_sound_device_answers_as_it_is() -> None:
    assert asyncio.run(Faults().applied(b"abcd")) == b"abcd"


def test_a_silent_one_says_nothing_even_of_garbage() -> None:
    assert asyncio.run(Faults(silent=True, garbage=True).applied(b"abcd")) == b""


def test_garbage_is_not_the_answer() -> None:
    assert asyncio.run(Faults(garbage=True).applied(b"abcd")) == GARBAGE


def test_a_cut_comes_in_the_middle_of_the_answer() -> None:
    with pytest.raises(Cut) as cut:
        asyncio.run(Faults(cut=True).applied(b"abcd"))

    assert cut.value.sent == b"ab"


def test_a_delayed_answer_comes_late() -> None:
    began = time.monotonic()

    assert asyncio.run(Faults(delay=0.1).applied(b"abcd")) == b"abcd"
    assert time.monotonic() - began >= 0.09
