"""Bad lines between room and fleet: the lesson arrives whole, later."""

import time
from collections.abc import Callable

import pytest

from tests.servers.lossy_link import LossyLink
from tests.servers.tcp_proxy import TcpProxy
from tests.stories import recorded
from tests.stories.school import School

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

SECONDS = 12.0
CHUNK = 65_536
OVERHEAD = 1.15
"""HTTP heads, TLS records and MQTT beside the segments' bytes, at 64 KiB a request."""


def _through(web: TcpProxy, mqtt: TcpProxy) -> dict[str, object]:
    """The section of room.toml that sends the agent through two proxies."""
    return {
        "mqtt_host": "localhost",
        "mqtt_port": mqtt.port,
        "http_url": f"http://127.0.0.1:{web.port}",
    }


APPLIED = "applied"
"""What the agent logs of each desired version that it follows."""


def test_cut_for_the_whole_lesson(
    school: School,
    patterns: list[dict[str, object]],
    tcp_proxy: Callable[..., TcpProxy],
    figure: Callable[[str, str], None],
) -> None:
    web, mqtt = (tcp_proxy(("127.0.0.1", port)) for port in (school.web_port, school.mqtt_port))
    school.open(patterns, fleet=_through(web, mqtt))
    known = school.log("agent").count(APPLIED)
    meeting = school.timetable(SECONDS, ahead=6)
    school.wait(lambda: school.log("agent").count(APPLIED) > known, 10, "it is known")
    # With the first acknowledgement came the fleet's time; a PC that never heard it doubts its own.
    school.wait(school.everything_is_acknowledged, 10, "the fleet's time is known")
    web.cut()
    mqtt.cut()
    school.until(meeting.ends_at, 2)
    assert school.takes(meeting) == []
    web.restore()
    mqtt.restore()
    returned = time.monotonic()
    published = school.published(meeting, 60)
    figure("published after the line returned", f"{time.monotonic() - returned:.1f} s")

    (take,) = school.takes(meeting)
    assert take.end_reason == "bell"
    assert published["marks"] == []
    recorded.whole(school, meeting, published, figure)
    assert len(school.events("lectern.take.started")) == 1


def test_a_megabit_with_loss_and_cuts(
    school: School,
    patterns: list[dict[str, object]],
    lossy_link: Callable[..., LossyLink],
    figure: Callable[[str, str], None],
) -> None:
    link = lossy_link(delay=0.06, loss=0.01, bits_per_second=1e6)
    web = link.proxy(("127.0.0.1", school.web_port))
    mqtt = link.proxy(("127.0.0.1", school.mqtt_port))
    chunks = {"min_chunk_bytes": CHUNK, "max_chunk_bytes": CHUNK, "backoff_seconds": 1.0}
    school.open(patterns, fleet=_through(web, mqtt), upload=chunks)
    meeting = school.timetable(SECONDS)
    cuts = 0
    school.until(meeting.starts_at, 5)
    for _ in range(4):
        before = web.cuts
        web.cut()
        web.restore()
        cuts += web.cuts - before
        time.sleep(2)
    published = school.published(meeting, 90)

    (take,) = school.takes(meeting)
    stored = sum(segment.bytes for track in take.tracks for segment in track.segments)
    figure(
        "sent for what was stored",
        f"{web.up} for {stored} bytes, {cuts} cuts, {link.dropped} packets lost",
    )
    assert link.dropped > 0
    assert web.up <= stored * OVERHEAD + (cuts + 1) * CHUNK
    recorded.whole(school, meeting, published, figure)
