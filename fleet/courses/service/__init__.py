"""What others may ask of courses; the session of a transaction comes first."""

from fleet.courses.service.catalogue import (
    add_course,
    change_course,
    course,
    course_by_slug,
    courses,
)
from fleet.courses.service.lessons import (
    HORIZON,
    add_lesson,
    candidates,
    lesson,
    lessons_between,
    lessons_in_room,
    lessons_of_course,
    push_timetable,
)
from fleet.courses.service.offers import offer
from fleet.courses.service.timetable import add_slot, expand_slots, slots_of_course
from fleet.courses.service.unplanned import set_span, unplanned_lesson

__all__ = [
    "HORIZON",
    "add_course",
    "add_lesson",
    "add_slot",
    "candidates",
    "change_course",
    "course",
    "course_by_slug",
    "courses",
    "expand_slots",
    "lesson",
    "lessons_between",
    "lessons_in_room",
    "lessons_of_course",
    "offer",
    "push_timetable",
    "set_span",
    "slots_of_course",
    "unplanned_lesson",
]
