"""One example of every payload, for round trips and for the corpus of released messages."""

from datetime import UTC, datetime

from contract import messages as m

AT = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SEGMENT = m.Segment(
    track="presenter", index=3, run=1, start=180.04, duration=60.0, bytes=2_145_332, sha256=DIGEST
)

SAMPLES: tuple[m.Payload, ...] = (
    m.Presence(
        state="ready", session=7, boot="b00t", since=AT, agent_version="0.1.0", contract="1.1"
    ),
    m.Description(
        version=2,
        hostname="salle-12",
        os="Windows 11",
        cpu_count=4,
        memory_bytes=8 << 30,
        disk_bytes=256 << 30,
        agent_version="0.1.0",
        sources=(
            m.SourceDescription(name="camera", kind="camera", track="presenter", driver="rtsp"),
        ),
        devices=(
            m.DeviceDescription(
                name="projector", role="projector", profile="pjlink-class-2", vendor="Generic"
            ),
        ),
        macs=("00:11:22:33:44:55",),
    ),
    m.Reported(
        version=4,
        applied_desired=9,
        outcomes={"timetable": m.Outcome(result="applied")},
        full={"timetable": []},
    ),
    m.Report(
        at=AT,
        uptime=86_400.5,
        clock_offset=-3.2,
        readings=(m.Reading(device="pc", point="cpu", value=12.5, unit="%"),),
    ),
    m.TakeStarted(
        take="take-1",
        lesson=None,
        started_at=AT,
        tracks=("presenter", "audio"),
        course="course-1",
    ),
    m.TakeEnded(
        take="take-1",
        lesson=None,
        started_at=AT,
        ended_at=AT,
        duration=240.04,
        reason="paused",
        course="course-1",
        tracks=(
            m.TrackManifest(
                name="presenter",
                kind="video",
                segments=(SEGMENT,),
                gaps=(m.Gap(start=0.0, duration=180.04, why="no signal"),),
            ),
        ),
    ),
    m.SegmentClosed(take="take-1", segment=SEGMENT),
    m.LessonMissed(lesson="lesson-1", why="the disk is full"),
    m.SourceLost(take="take-1", track="presenter", at=31.0, why="no picture for 3 s"),
    m.SourceBack(take="take-1", track="presenter", at=40.5, gap=9.5),
    m.SlideChanged(take="take-1", track="presentation", at=62.4),
    m.DeviceChanged(device="projector", online=True, power="warming"),
    m.AlarmRaised(
        alarm="silent",
        subject="audio",
        severity="critical",
        text="silent",
        what="The microphone hears nothing.",
        todo="Switch the microphone on and speak.",
        value="-91 dB",
    ),
    m.AlarmCleared(alarm="silent", subject="audio", seconds=41.5),
    m.SceneRan(
        scene="lesson-starts",
        trigger="timetable",
        outcome="partly",
        seconds=3.2,
        steps=(
            m.StepResult(step="panel-on", device="panel", outcome="done"),
            m.StepResult(step="track", device="camera", outcome="failed", why="no answer"),
        ),
    ),
    m.HelpCalled(topic="sound", lesson="lesson-1"),
    m.DiskState(state="low", free_bytes=5 << 30),
    m.ClockStepped(by_seconds=86_400.0),
    m.OutboxDropped(channel="telemetry", first=10, last=20, count=11),
    m.OutboxReset(set_aside="outbox-20260901.db", why="file is not a database"),
    m.UploadRefused(take="take-1", track="audio", index=0, why="digest differs"),
    m.Reply(order="order-1", phase="done", result={"take": "take-2"}),
    m.Desired(
        version=9,
        state=m.DesiredState(
            timetable=(
                m.Meeting(
                    lesson="lesson-1", course="course-1", title="物理", starts_at=AT, ends_at=AT
                ),
            ),
            courses=(m.CourseOffer(course="course-1", title="物理"),),
            upload=m.UploadPolicy(bytes_per_second=131_072),
            language="ar",
            report_seconds=60.0,
            quiet_minutes=20.0,
            record_timetable=False,
        ),
    ),
    m.Order(id="order-1", name="start_take", not_after=AT, args={"minutes": 45}),
    m.Look(until=AT, every=2.0, size=5000),
    m.Glimpse(picture=b"\xff\xd8\xff\xd9", level=-31.5, recording=True),
    m.Ack(epoch="e1", seqs=((1, 40), (42, 42)), fleet_time=AT),
    m.FleetState(state="online", since=AT),
)
