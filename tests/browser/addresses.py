"""The pages that are looked at in a browser. Whoever adds a page adds its address here.

In braces: what `tests.browser.test_pages.names` knows of the site.
"""

PUBLIC = ["/", "/courses/{slug}", "/lessons/{lesson}", "/sign-in", "/welcome", "/nowhere"]
STAFF = [
    "/staff",
    "/staff?unit={kenya}",
    "/staff/rooms",
    "/staff/rooms?standing=working&role=projector",
    "/staff/rooms/new",
    "/staff/rooms/{room}",
    "/staff/rooms/{room}/devices",
    "/staff/rooms/{room}/readings",
    "/staff/rooms/{room}/alarms",
    "/staff/rooms/{room}/takes",
    "/staff/rooms/{room}/timetable",
    "/staff/rooms/{room}/log",
    "/staff/rooms/{room}/pc",
    "/staff/search?q=hall",
    "/staff/courses",
    "/staff/courses/{course}",
    "/staff/tray",
    "/staff/lessons/{lesson}",
    "/staff/lessons/{coming}",
]
ALL = [*PUBLIC, *STAFF]
