"""Somebody orders from the desk, and a real agent obeys, answers and sends what was asked for."""

from datetime import UTC, datetime

import pytest

from fleet.orders import service as orders
from fleet.orders.models import OrderTarget
from fleet.orders.service import Asked
from tests.stories.school import School


def give(school: School, kind: str, **args: object) -> str:
    with school.database.write() as session:
        asked = Asked(kind, args, 60)
        made = orders.give(session, asked, [school.room], by="desk", now=datetime.now(UTC))
        return made.id


def target(school: School, order: str) -> OrderTarget:
    with school.database.read() as session:
        ((found, _room),), _next = orders.targets(session, order, ("",))
        return found


@pytest.mark.story
@pytest.mark.timeout(180)
def test_a_real_agent_obeys_also_what_was_ordered_while_it_was_away(
    school: School, patterns: list[dict[str, object]]
) -> None:
    school.open(patterns)

    ping = give(school, "ping")
    school.wait(lambda: target(school, ping).state == "done", 20, "the room answers")
    logs = give(school, "collect_logs")
    school.wait(lambda: target(school, logs).state == "done", 30, "the room sends its logs")
    sent = target(school, logs)
    assert (sent.file_type, sent.file_bytes > 0) == ("application/zip", True)
    assert (school.fleet_data / "files" / sent.file_key).read_bytes().startswith(b"PK")

    school.kill("agent")
    missed = give(school, "ping")
    school.wait(lambda: target(school, missed).state == "sent", 10, "it is sent")
    school.kill("fleet")
    school.start_agent()
    school.start_fleet()
    school.wait(lambda: target(school, missed).state == "done", 60, "the room obeys at last")
