"""Staff who watch what is held back leave one row an hour; students of published lessons none."""

from datetime import timedelta

from sqlalchemy import select

from fleet.audit.models import AuditRow
from tests.fleet.web.application import Application, application
from tests.fleet.web.lessons import add_lesson, publish

__all__ = ["application"]


def _rows(application: Application) -> list[tuple[str, str]]:
    with application.db.read() as session:
        query = select(AuditRow).where(AuditRow.action == "media.watched")
        return [(row.target, row.path) for row in session.scalars(query)]


def test_watching_what_is_held_is_written_down_once_an_hour(application: Application) -> None:
    lesson = add_lesson(application, starts=timedelta(hours=-3))
    publish(application, lesson, "held")
    staff = application.signed_in("viewer")
    url = f"/media/{lesson}/1/presenter.mp4"
    for _ in range(3):
        assert staff.get(url).status_code == 404, "the file itself is not on this disk"
    assert [target for target, _path in _rows(application)] == [lesson]
    application.later(hours=1, seconds=1)
    staff.get(url)
    assert len(_rows(application)) == 2
    assert _rows(application)[0][1], "the unit's own staff can read it"
    application.client().get(url)
    assert len(_rows(application)) == 2


def test_published_lessons_leave_no_trace(application: Application) -> None:
    lesson = add_lesson(application, starts=timedelta(hours=-3))
    publish(application, lesson, "published")
    application.signed_in("viewer").get(f"/media/{lesson}/1/presenter.mp4")
    assert _rows(application) == []
