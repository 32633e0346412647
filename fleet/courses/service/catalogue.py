"""Courses: added, changed, found."""

import re
from collections.abc import Sequence
from datetime import datetime

from fleet.courses import repository, rules
from fleet.courses.models import Course
from fleet.courses.service.offers import offer_course
from fleet.db import Session, new_id
from fleet.errors import Conflict, NotFound, Refused
from fleet.web.language import gettext as _

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


def add_course(
    session: Session,
    *,
    title: str,
    slug: str | None = None,
    description: str = "",
    language: str = "en",
    category: str = "",
    unit_id: str | None = None,
    publish: str = "auto",
    now: datetime,
) -> Course:
    """Add a course; without a slug, one is made from the title.

    Raises:
        Refused: the title is empty, the slug unfit for an address, `publish` unknown.
        Conflict: another course has the slug.
    """
    title = _title(title)
    given = bool(slug)
    slug = (slug or rules.slug_of(title) or f"course-{new_id()[:8]}").strip().lower()
    if not _SLUG.fullmatch(slug):
        text = _("Use only the letters a to z, digits and hyphens.")
        raise Refused(text, field="slug")
    if publish not in ("auto", "hold"):
        raise Refused(_("Choose either auto or hold."), field="publish")
    if repository.course_by_slug(session, slug):
        if given:
            raise Conflict(_("Another course has this address."), field="slug")
        slug = f"{slug}-{new_id()[:6]}"
    added = Course(
        slug=slug,
        title=title,
        description=description.strip(),
        language=language,
        category=category.strip(),
        unit_id=unit_id,
        publish=publish,
        created_at=now,
    )
    session.add(added)
    offer_course(session, added, now)
    return added


def change_course(
    session: Session, course_id: str, *, title: str, description: str, publish: str, now: datetime
) -> Course:
    """Change what a course says of itself. Raises as `add_course` does, and NotFound."""
    found = course(session, course_id)
    if publish not in ("auto", "hold"):
        raise Refused(_("Choose either auto or hold."), field="publish")
    found.title = _title(title)
    found.description, found.publish = description.strip(), publish
    offer_course(session, found, now)
    return found


def courses(session: Session, reach: Sequence[str] = ("",)) -> list[Course]:
    """The courses of these subtrees, and those that belong to no unit, by title."""
    return repository.courses(session, reach)


def course(session: Session, course_id: str) -> Course:
    """A course by id. Raises NotFound."""
    found = repository.course(session, course_id)
    if found is None:
        raise NotFound(_("There is no such course."))
    return found


def course_by_slug(session: Session, slug: str) -> Course:
    """A course by its piece of an address. Raises NotFound."""
    found = repository.course_by_slug(session, slug)
    if found is None:
        raise NotFound(_("There is no such course."))
    return found


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise Refused(_("Give it a title."), field="title")
    if len(title) > 200:
        raise Refused(_("The title is too long."), field="title")
    return title
