"""The room's touch page in a browser: a whole lesson by finger, on a phone and on the panel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge_agent.ports.touch import AlarmView, DeviceView, LessonView, Offer
from tests.edge_agent.panel.served import Served, served
from tests.fakes.touch_room import VIEW

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIZES = {"phone": (360, 740), "panel": (1920, 1080)}
SECONDS = 3  # over which pictures and levels are counted
LESSON = LessonView(
    "l-1", "Soil science 7", VIEW.at - timedelta(minutes=20), VIEW.at + timedelta(minutes=25)
)
ALARMS = (
    AlarmView("silent", "audio", "critical", "silent", VIEW.at),
    AlarmView("lamp-worn", "projector", "warning", "lamp-worn", VIEW.at),
    AlarmView("gap", "presenter", "info", "gap", VIEW.at),
)
UNSURE = (
    DeviceView("lost", "projector", False, "unknown", frozenset({"power_on", "mute"})),
    DeviceView("mute", "panel", True, "warming", frozenset({"power_on", "mute", "volume"})),
    DeviceView("ups", "ups", True, "unknown"),
)
STATES = {
    "idle": {},
    "looking": {"sources": tuple(replace(one, state="open") for one in VIEW.sources)},
    "preflight": {"phase": "preflight", "connected": False},
    "starting": {"phase": "starting", "lesson": LESSON, "safe_to_switch_off": False},
    "recording": {
        "phase": "recording",
        "lesson": LESSON,
        "alarms": ALARMS,
        "uploads": (3, 120_000_000),
        "sources": tuple(replace(one, state="recording") for one in VIEW.sources),
    },
    "last minute": {
        "phase": "recording",
        "lesson": replace(LESSON, ends_at=VIEW.at + timedelta(seconds=50)),
        "extend_until": VIEW.at,
        "sources": tuple(replace(one, state="lost") for one in VIEW.sources),
    },
    "paused": {"phase": "paused", "lesson": LESSON, "devices": UNSURE},
    "stopping": {"phase": "stopping", "devices": ()},
    "emergency": {"message": "Leave the building by the north stairs."},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One page for the tests of this file."""
    with served() as page:
        yield page


@pytest.fixture
def room(running: Served) -> Served:
    """The page, with its room as in the beginning."""
    running.reset()
    return running


@contextmanager
def opened(
    chromium: Browser, url: str, size: str = "phone", language: str = "en", **options: bool
) -> Iterator[Page]:
    """The page in a fresh profile; fails on script errors and on requests to anywhere else."""
    width, height = SIZES[size]
    context = chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        has_touch=True,
        timezone_id="UTC",
        **options,  # type: ignore[arg-type]
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((url, "blob:" + url))
            else wrong.append(asked.url))  # fmt: skip
    page.goto(f"/?lang={language}")
    try:
        yield page
    finally:
        context.close()
    unexpected = [text for text in wrong if "status of 409" not in text]
    assert unexpected == []


def key(page: Page, action: str, value: str = "") -> Locator:
    """The button of a form."""
    return page.locator(f'form[action="{action}"] button' + (f'[value="{value}"]' if value else ""))


def tap(page: Page, action: str, value: str = "") -> None:
    """A finger on a button, when what was touched before has settled."""
    expect(page.locator("form[aria-busy]")).to_have_count(0)
    key(page, action, value).tap()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_a_whole_lesson_by_finger(
    chromium: Browser, room: Served, size: str, language: str, screenshots: Path
) -> None:
    with opened(chromium, room.url, size, language) as page:
        phase = page.locator("#room")
        direction = "rtl" if language == "ar" else "ltr"
        expect(page.locator("html")).to_have_attribute("dir", direction)
        page.screenshot(path=screenshots / f"touch-{size}-{language}-idle.png", full_page=True)

        page.locator("label", has=page.locator('[value="c-soil"]')).tap()
        page.locator("label", has=page.locator('[name="minutes"][value="45"]')).tap()
        tap(page, "/lesson/start")
        expect(phase).to_have_attribute("data-phase", "recording")
        expect(page.locator("h1")).to_have_text("Soil science")
        expect(page.locator(".left")).to_have_text("45")

        tap(page, "/lesson/pause")
        expect(phase).to_have_attribute("data-phase", "paused")
        tap(page, "/lesson/resume")
        expect(phase).to_have_attribute("data-phase", "recording")

        tap(page, "/lesson/extend", "10")
        expect(page.locator(".left")).to_have_text("55")
        tap(page, "/devices/front-camera/preset", "3")
        expect(key(page, "/devices/front-camera/preset", "3")).to_have_attribute(
            "aria-pressed", "true"
        )
        tap(page, "/help", "sound")
        sent = "أُرسلت الرسالة" if language == "ar" else "the message was sent"
        expect(page.locator("#said")).to_contain_text(sent)
        page.screenshot(path=screenshots / f"touch-{size}-{language}.png", full_page=True)

        page.locator("summary").tap()
        assert room.room.calls[-1][0] == "help", "stopping asks first"
        page.locator("[data-closes]").tap()
        expect(key(page, "/lesson/stop")).to_be_hidden()
        page.locator("summary").tap()
        tap(page, "/lesson/stop")
        expect(phase).to_have_attribute("data-phase", "idle")

    assert room.room.calls == [
        ("start", ("c-soil", 45)),
        ("pause", None),
        ("resume", None),
        ("extend", 10),
        ("preset", ("front-camera", {"number": 3})),
        ("help", "sound"),
        ("stop", None),
    ]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", SIZES)
def test_the_main_keys_are_in_reach_and_large(
    chromium: Browser, room: Served, size: str, language: str
) -> None:
    with opened(chromium, room.url, size, language) as page:
        for phase in ("idle", "recording"):
            room.change(**{**STATES[phase], "phase": phase})
            expect(page.locator("#room")).to_have_attribute("data-phase", phase)
            width, height = SIZES[size]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            small = page.evaluate(
                """() => [...document.querySelectorAll('button, summary, a, label')]
                    .filter(one => one.checkVisibility())
                    .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
                    .filter(([, box]) => box.height < 44 || box.width < 44)
                    .map(([html]) => html)"""
            )
            assert small == []
            verbs = ("start",) if phase == "idle" else ("pause", "extend")
            for verb in verbs if size == "panel" else ():
                box = key(page, f"/lesson/{verb}").first.bounding_box()
                assert box
                assert height / 2 < box["y"] < box["y"] + box["height"] < height


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (`npm ci` installs it)")
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(chromium: Browser, room: Served, state: str) -> None:
    room.change(at=VIEW.at, **STATES[state])
    with opened(chromium, room.url, "panel", "ar" if state == "recording" else "en") as page:
        for details in page.locator("details").all():
            details.evaluate("one => one.open = true")
        for width, height in SIZES.values():
            page.set_viewport_size({"width": width, "height": height})
            assert problems(page) == []


def problems(page: Page) -> list[tuple[str, list[str]]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def test_pictures_and_levels_are_live(
    chromium: Browser,
    room: Served,
    figure: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(chromium, room.url, "panel") as page:
        tap(page, "/look")
        page.wait_for_selector(".meter .cover[style]")
        counted = page.evaluate(
            """async seconds => {
                const count = {level: 0};
                new MutationObserver(() => count.level++)
                    .observe(document.querySelector('.cover'), {attributes: true});
                for (const image of document.querySelectorAll('img')) {
                    count[image.dataset.picture] = 0;
                    image.addEventListener('load', () => count[image.dataset.picture]++);
                }
                await new Promise(resolve => setTimeout(resolve, seconds * 1000));
                return count;
            }""",
            SECONDS,
        )
        rates = {name: count / SECONDS for name, count in counted.items()}
        figure("a second, in the page", ", ".join(f"{k} {v:.1f}" for k, v in rates.items()))
        assert rates.pop("level") >= 9.6, "ten, one of which may fall beyond the end"
        assert set(rates) == {"/pictures/presenter.jpg", "/pictures/presentation.jpg"}
        assert min(rates.values()) >= 1
        meter = page.get_by_role("meter", name="Level of Lectern microphone")
        assert -60 <= float(meter.get_attribute("aria-valuenow") or "") <= 0
        expect(page.locator(".word")).to_have_text("Sound is heard")
        room.monitor.loudness = 22
        expect(page.locator(".word")).to_have_text("Too loud")
        room.monitor.loudness = -60
        expect(page.locator(".word")).to_have_text("Nothing heard", timeout=8_000)
        monkeypatch.setattr(room.monitor, "_open", lambda *kinds: [])
        expect(page.locator(".word")).to_have_text("–")
        expect(page.locator("figure img[src]")).to_have_count(0)
        room.change(sources=VIEW.sources)
        expect(page.locator("figure img")).to_have_count(0)
        expect(page.get_by_text("Closed for privacy")).to_have_count(3)


def test_a_touch_is_answered_at_once_and_done_once(chromium: Browser, room: Served) -> None:
    room.room.delay = 0.6
    with opened(chromium, room.url) as page:
        start = key(page, "/lesson/start")
        start.dblclick()
        expect(page.locator("#said")).to_have_text("Working…")
        expect(page.locator('form[action="/lesson/start"]')).to_have_attribute("aria-busy", "true")
        expect(page.locator("#said")).to_have_text("Done.")
        room.room.refusal = "the next lesson begins then"
        tap(page, "/lesson/extend", "5")
        expect(page.locator("#said")).to_have_text("Another lesson follows at once.")
    assert [name for name, _ in room.room.calls] == ["start", "extend"]


def test_the_slider_sends_where_it_was_left(chromium: Browser, room: Served) -> None:
    with opened(chromium, room.url, "panel") as page:
        slider = page.get_by_role("slider", name="Volume")
        expect(slider).to_have_value("40")
        slider.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        expect(page.locator(".volume output")).to_have_text("45")
        expect(slider).to_have_attribute("value", "45")  # as the device has told it
        expect(slider).to_be_focused()
        room.room.refusal = "it is off"
        page.keyboard.press("ArrowRight")
        expect(page.locator("#said")).to_have_text("The device is off. Switch it on first.")
        expect(slider).to_have_value("45")
        page.locator(".volume button").last.tap()
    assert room.room.calls[-1] == ("volume", ("wall", {"level": 50}))


def test_by_keyboard_alone(chromium: Browser, room: Served) -> None:
    with opened(chromium, room.url, "panel") as page:
        page.locator('[name="course"]:checked').focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#room")).to_have_attribute("data-phase", "recording")
        key(page, "/lesson/pause").focus()
        page.keyboard.press("Space")
        expect(key(page, "/lesson/resume")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#room")).to_have_attribute("data-phase", "idle")
        expect(page.locator("#main")).to_be_focused()
    assert [name for name, _ in room.room.calls] == ["start", "pause", "stop"]
    assert room.room.calls[0] == ("start", ("c-soil", 60))


def test_a_lost_connection_is_said_and_mends_itself(chromium: Browser) -> None:
    with served() as first:
        context = chromium.new_context(base_url=first.url)
        page = context.new_page()
        page.goto("/")
        expect(page.locator("#lost")).to_have_text("")
    expect(page.locator("#lost")).to_contain_text("connection to the room's PC is lost")
    key(page, "/help", "sound").click()
    expect(page.locator("#said")).to_contain_text("cannot be reached")
    with served(port=first.settings.port) as again:
        expect(page.locator("#lost")).to_have_text("", timeout=10_000)
        expect(page.locator("form[aria-busy]")).to_have_count(0)
        key(page, "/help", "sound").click()
        expect(page.locator("#said")).to_contain_text("the message was sent")
        assert again.room.calls == [("help", "sound")], "the page took the new agent's token"
        context.close()


def test_an_emergency_message_comes_and_goes_by_itself(chromium: Browser, room: Served) -> None:
    with opened(chromium, room.url, "panel") as page:
        room.change(message="Leave the building.")
        expect(page.get_by_role("alert")).to_contain_text("Leave the building.")
        expect(page.locator("main > section")).to_have_count(1)
        room.change(message="")
        expect(page.locator(".emergency")).to_have_count(0)
        expect(key(page, "/lesson/start")).to_be_visible()


def test_what_is_chosen_stays_while_the_room_changes(chromium: Browser, room: Served) -> None:
    with opened(chromium, room.url) as page:
        page.locator("label", has=page.locator('[value="c-soil"]')).tap()
        page.locator('[name="minutes"][value="90"]').focus()
        page.keyboard.press("Space")
        room.change(alarms=ALARMS, connected=False, courses=(*VIEW.courses, Offer("c-new", "New")))
        expect(page.locator('[value="c-new"]')).to_be_attached()
        expect(page.locator('[value="c-soil"]')).to_be_checked()
        expect(page.locator('[name="minutes"][value="90"]')).to_be_checked()
        expect(page.locator('[name="minutes"][value="90"]')).to_be_focused()


def test_without_a_script(chromium: Browser, room: Served) -> None:
    with opened(chromium, room.url, java_script_enabled=False) as page:
        assert page.locator('meta[http-equiv="refresh"]').count() == 1
        tap(page, "/lesson/start")
        expect(page.locator("#room")).to_have_attribute("data-phase", "recording")
        page.locator("summary").tap()
        tap(page, "/lesson/stop")
        expect(page.locator("#room")).to_have_attribute("data-phase", "idle")
        tap(page, "/help", "other")
        expect(page.locator("#said")).to_contain_text("the message was sent")
        page.goto("/")
        room.change(sources=room.room.sources("open"))
        page.goto("/")
        assert page.locator("noscript img").count() == 2


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pin_by_keypad(
    chromium: Browser, tmp_path: Path, language: str, screenshots: Path
) -> None:
    path = tmp_path / "pin"
    path.write_text("1470")
    path.chmod(0o600)
    with served(pin_file=path, language=language) as guarded:
        context = chromium.new_context(
            base_url=guarded.url, viewport={"width": 1920, "height": 1080}, has_touch=True
        )
        page = context.new_page()
        page.goto("/")
        assert page.url.endswith("/sign-in")
        for digit in "14770":
            if digit == "0":
                page.locator('.keypad [value=""]').tap()
            page.locator(f'.keypad [value="{digit}"]').tap()
        page.screenshot(path=screenshots / f"touch-pin-{language}.png")
        assert problems(page) == []
        page.locator("form .green").tap()
        expect(page.locator("#room")).to_be_visible()
        assert problems(page) == []
        path.write_text("9999")
        page.wait_for_url("**/sign-in", timeout=10_000)
        context.close()
