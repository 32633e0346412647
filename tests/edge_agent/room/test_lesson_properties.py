"""Whatever happens, in whatever order: no take is lost, and nothing is recorded out of hours."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contract.messages import Meeting
from edge_agent.room import commands as c
from edge_agent.room import events as e
from edge_agent.room import lesson, timetable
from tests.scripts.lesson import NOON, SEED, at

LESSONS = st.sampled_from(["A", "B", "C"])


class Room(RuleBasedStateMachine):
    """A room whose recorder, disk, people, timetable and power do as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = SEED
        self.minute = 0.0
        self.meetings: tuple[Meeting, ...] = ()
        self.journal: dict[str, str] = {}
        self.lessons: dict[str, str | None] = {}
        self.reasons: dict[str, str] = {}
        self.ends: dict[str, object] = {}
        self.recorded: set[str] = set()
        self.starting: str | None = None
        self.stopping: str | None = None
        self.adopting: set[str] = set()
        self.boots = 0
        self.boot()

    def boot(self) -> None:
        self.boots += 1
        kept = lesson.kept(self.state) if self.boots > 1 else e.Kept()
        self.state = lesson.RoomState(type(SEED)(int=self.boots))
        self.starting = self.stopping = None
        self.adopting = set()
        begun = ("starting", "recording", "stopping")
        self.feed(
            e.Woke(
                unfinished=tuple(
                    e.Unfinished(t, self.lessons[t], self.reasons.get(t))
                    for t, phase in self.journal.items()
                    if phase in begun
                ),
                delivering=tuple(t for t, phase in self.journal.items() if phase == "delivering"),
                finished=tuple(
                    e.Finished(self.lessons[t], self.ends.get(t, NOON), self.reasons[t])
                    for t, phase in self.journal.items()
                    if phase in ("delivering", "done") and self.lessons[t]
                ),
                kept=kept,
            )
        )
        self.look()

    def feed(self, event: e.LessonEvent) -> None:
        self.before, (self.state, commands) = self.state, lesson.step(self.state, event)
        for command in commands:
            match command:
                case c.OpenTake(take=take, lesson=name):
                    assert take not in self.journal
                    assert self.starting is None
                    assert self.stopping is None
                    self.journal[take], self.lessons[take] = "starting", name
                    self.starting = take
                case c.CloseTake(take=take, reason=reason, slot_end=end):
                    assert self.journal[take] == "recording"
                    self.may_end(reason, event)
                    self.journal[take], self.reasons[take] = "stopping", reason
                    self.ends[take] = end
                    self.stopping = take
                case c.AdoptTake(take=take, reason=reason):
                    self.reasons[take] = reason
                    self.adopting.add(take)
                case c.FinishTake(take=take):
                    assert self.journal[take] == "delivering"
                    self.journal[take] = "done"

    def may_end(self, reason: str, event: e.LessonEvent) -> None:
        """No take ends early: only by its bell, by a person, or because the disk is full."""
        match reason:
            case "paused":
                assert isinstance(event, e.PauseOrdered)
            case "stopped":
                assert isinstance(event, e.StopOrdered)
            case "disk_full":
                assert self.state.disk == "full"
            case "bell" | "interrupted":
                assert isinstance(event, e.SlotNow | e.TakeOpened)
                now, active = at(self.minute), self.before.active
                assert not isinstance(active, lesson.Waiting)
                slot = active.slot
                open_now = any(
                    m.lesson == slot.lesson
                    and m.starts_at - timetable.EARLY <= now < min(m.ends_at, slot.ends_at)
                    for m in self.meetings
                )
                asked = slot in (self.before.manual, self.before.extended)
                superseded = self.state.slot is not None and self.state.slot.lesson != slot.lesson
                assert not open_now or asked
                assert now >= slot.ends_at or superseded or not asked

    def look(self) -> None:
        now, running = at(self.minute), lesson.running_lesson(self.state)
        slot = timetable.slot_now(self.meetings, now, running)
        next_at = timetable.next_beginning(self.meetings, now, running)
        self.feed(e.SlotNow(now, slot, timetable.rang(self.meetings, now, running), next_at))

    @rule(minutes=st.floats(-1500, 1500))
    def the_clock_is_corrected(self, minutes: float) -> None:
        self.minute += minutes
        by, before = timedelta(minutes=minutes), self.asked_for()
        self.feed(e.ClockMoved(by))
        if abs(minutes) >= 1:
            # It lasts as long as was said, neither days longer nor to an end this instant.
            assert self.asked_for() == [end + by for end in before]
        self.look()

    def asked_for(self) -> list[datetime]:
        kept = lesson.kept(self.state)
        return [slot.ends_at for slot in (kept.manual, kept.paused, kept.extended) if slot]

    @rule(minutes=st.floats(0.1, 30))
    def time_passes(self, minutes: float) -> None:
        self.minute += minutes
        self.look()

    @rule(plan=st.lists(st.tuples(LESSONS, st.integers(0, 200), st.integers(1, 60)), max_size=4))
    def timetable_changes(self, plan: list[tuple[str, int, int]]) -> None:
        meetings = [
            Meeting(
                lesson=name, course="c", title="", starts_at=at(start), ends_at=at(start + length)
            )
            for name, start, length in plan
        ]
        self.meetings, _ = timetable.sound(meetings)
        self.look()

    @rule(level=st.sampled_from(["ok", "low", "full"]))
    def disk(self, level: e.DiskLevel) -> None:
        self.feed(e.DiskNow(level))

    @rule()
    def a_person_stops(self) -> None:
        self.feed(e.StopOrdered("o", at(self.minute)))

    @rule(name=st.none() | LESSONS, minutes=st.integers(0, 40))
    def a_person_starts(self, name: str | None, minutes: int) -> None:
        now = at(self.minute)
        self.feed(e.StartOrdered("o", now, name, now + timedelta(minutes=minutes)))

    @rule()
    def a_person_pauses(self) -> None:
        self.feed(e.PauseOrdered("o", at(self.minute)))

    @rule()
    def a_person_resumes(self) -> None:
        self.feed(e.ResumeOrdered("o", at(self.minute)))

    @rule(minutes=st.sampled_from([5, 10, 15]))
    def a_person_extends(self, minutes: int) -> None:
        self.look()
        self.feed(e.ExtendOrdered("o", at(self.minute), minutes))

    @precondition(lambda self: self.starting)
    @rule(works=st.booleans())
    def recorder_starts(self, works: bool) -> None:
        take, self.starting = self.starting, None
        assert take is not None
        if works:
            self.journal[take] = "recording"
            self.recorded.add(take)
            self.feed(e.TakeOpened(take))
        else:
            del self.journal[take]
            self.feed(e.TakeFailed(take, "no"))

    @precondition(lambda self: self.stopping)
    @rule()
    def recorder_stops(self) -> None:
        take, self.stopping = self.stopping, None
        assert take is not None
        self.journal[take] = "delivering"
        self.feed(e.TakeClosed(take))

    @precondition(lambda self: self.adopting)
    @rule()
    def adoption_ends(self) -> None:
        take = self.adopting.pop()
        self.journal[take] = "delivering"
        self.feed(e.TakeAdopted(take))

    @rule(data=st.data())
    def fleet_has_it_all(self, data: st.DataObject) -> None:
        waiting = sorted(t for t, phase in self.journal.items() if phase == "delivering")
        if waiting:
            self.feed(e.TakeDelivered(data.draw(st.sampled_from(waiting))))

    @rule()
    def power_fails(self) -> None:
        self.boot()

    @invariant()
    def every_recorded_take_is_on_its_way(self) -> None:
        active = self.state.active
        mine = set() if isinstance(active, lesson.Waiting) else {active.take}
        known = mine | self.adopting | {t.take for t in self.state.handed_over}
        done = {t for t, phase in self.journal.items() if phase == "done"}

        assert self.recorded <= known | done

    @invariant()
    def what_is_recorded_is_wanted(self) -> None:
        state = self.state
        if not isinstance(state.active, lesson.Recording):
            return
        slot, now = state.active.slot, at(self.minute)
        assert now < slot.ends_at
        assert state.disk != "full"
        assert state.paused is None or slot.lesson != state.paused.lesson
        if slot not in (state.manual, state.extended):
            meeting = next(m for m in self.meetings if m.lesson == slot.lesson)
            assert meeting.starts_at - timetable.EARLY <= now < meeting.ends_at


Room.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestRoom = Room.TestCase
