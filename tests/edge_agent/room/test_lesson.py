from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room import lesson
from tests.scripts.lesson import NOON, at, now, play, slot, take


def test_a_lesson_is_recorded_from_bell_to_bell_and_delivered() -> None:
    state = play(
        now(-1, None),
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        now(20, slot()),
        now(45, None),
        c.CloseTake(take(0), "bell", at(45)),
        e.TakeClosed(take(0)),
        e.TakeDelivered(take(0)),
        c.FinishTake(take(0)),
    )

    assert state.active == lesson.Waiting()
    assert state.handed_over == (lesson.Done(take(0)),)


def test_lessons_back_to_back_are_two_takes() -> None:
    play(
        now(0, slot("A", 45)),
        c.OpenTake(take(0), "A"),
        e.TakeOpened(take(0)),
        now(45, slot("B", 90)),
        c.CloseTake(take(0), "bell", at(45)),
        now(45, slot("B", 90)),
        e.TakeClosed(take(0)),
        c.OpenTake(take(1), "B"),
    )


def test_the_agent_started_in_mid_slot_records_at_once_and_adopts_what_a_crash_left() -> None:
    play(
        now(20, slot()),
        e.Woke(unfinished=(e.Unfinished("old", "L", None),)),
        c.AdoptTake("old", "interrupted"),
        c.OpenTake(take(0), "L"),
        e.TakeAdopted("old"),
        e.TakeOpened(take(0)),
        e.TakeDelivered("old"),
        c.FinishTake("old"),
        woke=False,
    )


@pytest.mark.parametrize("reason", ["stopped", "disk_full"])
def test_a_lesson_that_was_ended_for_good_is_not_begun_again_after_a_crash(reason: str) -> None:
    play(
        e.Woke(unfinished=(e.Unfinished("old", "L", reason),)),
        c.AdoptTake("old", reason),
        now(20, slot()),
        woke=False,
    )
    play(e.Woke(finished=(e.Finished("L", at(45), reason),)), now(20, slot()), woke=False)


def test_a_lesson_interrupted_in_an_earlier_run_goes_on() -> None:
    play(
        e.Woke(finished=(e.Finished("L", at(45), "interrupted"),)),
        now(20, slot()),
        c.OpenTake(take(0), "L"),
        woke=False,
    )


def test_after_the_bell_a_clock_set_back_a_little_starts_nothing() -> None:
    play(
        e.Woke(finished=(e.Finished("L", at(45), "bell"),)), now(44.99, slot(until=45)), woke=False
    )


def test_a_bell_moved_later_goes_on_with_the_lesson() -> None:
    play(
        e.Woke(finished=(e.Finished("L", at(45), "bell"),)),
        now(46, slot(until=60)),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        now(50, slot(until=55)),
        now(55, None),
        c.CloseTake(take(0), "bell", at(55)),
        woke=False,
    )


def test_a_full_disk_ends_the_take_and_lets_none_begin() -> None:
    play(
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        e.DiskNow("low"),
        e.DiskNow("full"),
        c.CloseTake(take(0), "disk_full", at(0)),
        e.TakeClosed(take(0)),
        now(46, slot("M", 90)),
        c.SayMissed("M", "the recording disk is full"),
        now(47, slot("M", 90)),
        e.DiskNow("ok"),
        c.OpenTake(take(1), "M"),
    )


def test_a_disk_that_fills_while_the_recorder_starts_ends_the_take() -> None:
    play(
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.DiskNow("full"),
        e.TakeOpened(take(0)),
        c.CloseTake(take(0), "disk_full", at(0)),
    )


def test_a_recorder_that_cannot_start_is_tried_again_at_the_timetables_next_word() -> None:
    play(
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeFailed(take(0), "no ffmpeg"),
        c.SayMissed("L", "no ffmpeg"),
        e.DiskNow("ok"),
        now(1, slot()),
        c.OpenTake(take(1), "L"),
        e.TakeFailed(take(1), "no ffmpeg"),
    )


def test_a_person_stops_the_take_and_it_stays_stopped() -> None:
    play(
        e.StopOrdered("o0", NOON),
        c.Answer("o0", False, "no take is running"),
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        e.StopOrdered("o1", at(5)),
        c.CloseTake(take(0), "stopped", at(0)),
        e.TakeClosed(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        now(6, slot()),
        now(40, slot(until=90)),
    )


def test_a_person_starts_an_unnamed_take_for_some_minutes() -> None:
    play(
        e.StartOrdered("o1", at(0), None, at(10)),
        c.OpenTake(take(0), None),
        e.TakeOpened(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        e.StartOrdered("o2", at(1), None, at(10)),
        c.Answer("o2", False, "busy: a take is running"),
        now(9, None),
        now(10, None),
        c.CloseTake(take(0), "bell", at(10)),
        e.TakeClosed(take(0)),
    )


def test_a_timetabled_lesson_takes_the_room_from_an_unnamed_take() -> None:
    play(
        e.StartOrdered("o1", at(-5), None, at(30)),
        c.OpenTake(take(0), None),
        e.TakeOpened(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        now(0, slot()),
        c.CloseTake(take(0), "bell", at(0)),
        e.TakeClosed(take(0)),
        c.OpenTake(take(1), "L"),
    )


def test_a_person_resumes_a_stopped_lesson_by_naming_it() -> None:
    play(
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        e.StopOrdered("o1", at(5)),
        c.CloseTake(take(0), "stopped", at(0)),
        e.TakeClosed(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        e.StartOrdered("o2", at(6), "L", at(20)),
        c.OpenTake(take(1), "L"),
        e.TakeOpened(take(1)),
        c.Answer("o2", True, result={"take": take(1)}),
        now(20, slot()),
        c.CloseTake(take(1), "bell", at(20)),
        e.TakeClosed(take(1)),
        now(21, slot()),
    )


def test_orders_that_cannot_be_obeyed_are_answered() -> None:
    play(
        e.StartOrdered("o1", at(5), None, at(5)),
        c.Answer("o1", False, "minutes must be more than 0"),
        e.DiskNow("full"),
        e.StartOrdered("o2", at(5), None, at(15)),
        c.Answer("o2", False, "the recording disk is full"),
        e.DiskNow("ok"),
        now(6, slot()),
        c.OpenTake(take(0), "L"),
        e.StopOrdered("o3", at(6)),
        c.Answer("o3", False, "busy: the take is just starting"),
    )


def test_a_meeting_removed_in_mid_lesson_ends_the_take() -> None:
    play(
        now(0, slot()),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        now(10, None),
        c.CloseTake(take(0), "bell", at(10)),
        e.TakeClosed(take(0)),
        now(11, slot()),
        c.OpenTake(take(1), "L"),
    )


def test_a_lesson_begun_by_a_wrong_clock_is_recorded_again_at_its_time() -> None:
    play(
        now(1440, slot(until=1485)),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        e.SlotNow(at(0), slot("M", 45), rang=False),
        c.CloseTake(take(0), "interrupted", at(0)),
        e.TakeClosed(take(0)),
        c.OpenTake(take(1), "M"),
        e.TakeOpened(take(1)),
        now(45, None),
        c.CloseTake(take(1), "bell", at(45)),
        e.TakeClosed(take(1)),
        now(1440, slot(until=1485)),
        c.OpenTake(take(2), "L"),
    )


def test_words_about_other_takes_change_nothing() -> None:
    state = play(now(0, slot()), c.OpenTake(take(0), "L"), e.TakeOpened(take(0)))

    for stale in (
        e.TakeOpened("x"),
        e.TakeClosed("x"),
        e.TakeFailed("x", ""),
        e.TakeAdopted("x"),
        e.TakeDelivered("x"),
        e.Woke(),
    ):
        assert lesson.step(state, stale) == (state, ())
    assert lesson.is_recording(state)
    assert lesson.running_lesson(state) == "L"


def test_nothing_starts_before_the_journal_was_read() -> None:
    state = play(now(0, slot()), e.DiskNow("ok"), woke=False)

    assert not lesson.is_recording(state)
    assert state.slot == e.Slot("L", NOON + timedelta(minutes=45))


def recording(until: float = 45) -> tuple[e.LessonEvent | c.LessonCommand, ...]:
    return (now(0, slot(until=until)), c.OpenTake(take(0), "L"), e.TakeOpened(take(0)))


def test_a_pause_closes_the_take_and_resuming_opens_another_of_the_lesson() -> None:
    state = play(
        *recording(),
        e.PauseOrdered("o1", at(5)),
        c.CloseTake(take(0), "paused", at(0)),
        e.TakeClosed(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        now(8, slot()),
        e.PauseOrdered("o2", at(8)),
        c.Answer("o2", False, "the lesson is paused already"),
        e.ResumeOrdered("o3", at(9)),
        c.OpenTake(take(1), "L"),
        e.TakeOpened(take(1)),
        c.Answer("o3", True, result={"take": take(1)}),
        e.ResumeOrdered("o4", at(10)),
        c.Answer("o4", False, "no lesson is paused"),
        now(45, None),
        c.CloseTake(take(1), "bell", at(45)),
        e.TakeClosed(take(1)),
    )

    assert lesson.kept(state) == e.Kept()


def test_a_pause_ends_with_the_bell_and_the_next_lesson_is_recorded() -> None:
    play(
        *recording(),
        e.PauseOrdered("o1", at(5)),
        c.CloseTake(take(0), "paused", at(0)),
        e.TakeClosed(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        now(45, slot("M", 90)),
        c.OpenTake(take(1), "M"),
        e.ResumeOrdered("o2", at(46)),
        c.Answer("o2", False, "no lesson is paused"),
    )


def test_a_paused_lesson_that_is_stopped_does_not_come_again() -> None:
    play(
        *recording(),
        e.PauseOrdered("o1", at(5)),
        c.CloseTake(take(0), "paused", at(0)),
        e.TakeClosed(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        e.StopOrdered("o2", at(6)),
        c.Answer("o2", True),
        now(7, slot()),
    )


def test_an_extended_lesson_goes_on_past_its_bell_but_not_into_the_next() -> None:
    play(
        *recording(),
        replace(now(44, slot()), next_at=at(60)),
        e.ExtendOrdered("o1", at(44), 10),
        c.Answer("o1", True, result={"ends_at": at(55).isoformat()}),
        replace(now(46, None), next_at=at(60)),
        e.ExtendOrdered("o2", at(46), 15),
        c.Answer("o2", True, result={"ends_at": at(60).isoformat()}),
        e.ExtendOrdered("o3", at(47), 5),
        c.Answer("o3", False, "the next lesson begins then"),
        now(60, slot("M", 90)),
        c.CloseTake(take(0), "bell", at(60)),
        e.TakeClosed(take(0)),
        c.OpenTake(take(1), "M"),
    )


def test_an_extended_lesson_goes_on_after_a_power_cut() -> None:
    kept = e.Kept(extended=slot(until=55))
    play(
        e.Woke(unfinished=(e.Unfinished("old", "L", None),), kept=kept),
        c.AdoptTake("old", "interrupted"),
        now(50, None),
        c.OpenTake(take(0), "L"),
        e.TakeOpened(take(0)),
        now(55, None),
        c.CloseTake(take(0), "bell", at(55)),
        woke=False,
    )


def test_an_unplanned_lesson_keeps_its_course_and_goes_on_after_a_power_cut() -> None:
    state = play(
        e.StartOrdered("o1", at(0), None, at(30), "water"),
        c.OpenTake(take(0), None, "water"),
        e.TakeOpened(take(0)),
        c.Answer("o1", True, result={"take": take(0)}),
        e.ExtendOrdered("o2", at(1), 5),
        c.Answer("o2", True, result={"ends_at": at(35).isoformat()}),
    )
    kept = lesson.kept(state)

    assert kept.manual == e.Slot(None, at(35), "water")
    play(
        e.Woke(unfinished=(e.Unfinished("old", None, None),), kept=kept),
        c.AdoptTake("old", "interrupted"),
        now(20, None),
        c.OpenTake(take(0), None, "water"),
        woke=False,
    )
    play(e.Woke(kept=kept), now(36, None), woke=False)


def test_an_unplanned_lesson_lasts_as_long_as_was_said_when_the_clock_was_days_off() -> None:
    for days in (-3, 3):
        by = timedelta(days=days)
        play(
            e.StartOrdered("o1", at(0), None, at(30)),
            c.OpenTake(take(0), None),
            e.TakeOpened(take(0)),
            c.Answer("o1", True, result={"take": take(0)}),
            e.ClockMoved(by),
            e.SlotNow(at(10) + by, None),
            e.SlotNow(at(30) + by, None),
            c.CloseTake(take(0), "bell", at(30) + by),
        )


def test_what_is_not_on_can_neither_be_paused_nor_extended() -> None:
    play(
        e.PauseOrdered("o1", at(5)),
        c.Answer("o1", False, "no take is running"),
        e.ExtendOrdered("o2", at(5), 10),
        c.Answer("o2", False, "no lesson is running"),
    )
