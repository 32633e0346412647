from contract.messages import Meeting
from edge_agent.room import timetable
from edge_agent.room.events import Slot
from tests.scripts.lesson import at


def meeting(lesson: str, start: float, end: float) -> Meeting:
    return Meeting(lesson=lesson, course="c", title=lesson, starts_at=at(start), ends_at=at(end))


A, B = meeting("A", 0, 45), meeting("B", 45, 90)


def test_a_slot_is_half_open() -> None:
    assert timetable.slot_now((A, B), at(-0.01), None) is None
    assert timetable.slot_now((A, B), at(0), None) == Slot("A", at(45))
    assert timetable.slot_now((A, B), at(45), "A") == Slot("B", at(90))
    assert timetable.slot_now((A, B), at(90), "B") is None


def test_of_overlapping_meetings_the_running_one_keeps_the_room() -> None:
    late = meeting("B", 30, 60)

    assert timetable.slot_now((A, late), at(40), None) == Slot("A", at(45))
    assert timetable.slot_now((A, late), at(40), "B") == Slot("B", at(60))
    assert timetable.waiting((A, late), at(40), Slot("A", at(45))) == ("B",)
    assert timetable.slot_now((A, late), at(45), "A") == Slot("B", at(60))
    assert timetable.waiting((A, late), at(40), None) == ()


def test_a_running_lesson_survives_a_small_correction_of_the_clock() -> None:
    assert timetable.slot_now((A,), at(-0.4), "A") == Slot("A", at(45))
    assert timetable.slot_now((A,), at(-0.4), None) is None
    assert timetable.slot_now((A,), at(-5), "A") is None


def test_a_lessons_time_is_over_after_its_bell_or_when_it_was_removed() -> None:
    assert timetable.rang((A, B), at(45), "A")
    assert timetable.rang((B,), at(10), "A")
    assert not timetable.rang((A, B), at(44), "A")
    assert not timetable.rang((A, B), at(-60), "A")
    assert timetable.rang((A, B), at(10), None)


def test_the_next_bell() -> None:
    assert timetable.next_bell((A, B), at(-10)) == at(0)
    assert timetable.next_bell((A, B), at(0)) == at(45)
    assert timetable.next_bell((A, B), at(50)) == at(90)
    assert timetable.next_bell((A, B), at(90)) is None


def test_meetings_that_make_no_sense_are_named_and_left_out() -> None:
    good, wrong = timetable.sound((B, meeting("X", 5, 5), A, meeting("A", 100, 110)))

    assert good == (A, B)
    assert wrong == ("lesson X ends before it starts", "lesson A is there twice")
