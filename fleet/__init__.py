"""All classrooms: enrolment, watching, recordings, courses, publishing."""

__version__ = "0.1.0"
