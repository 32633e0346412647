"""What a finger can ask for: the forms of the page."""

from collections.abc import Awaitable, Callable
from typing import Literal, cast, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from edge_agent.panel import errors, render
from edge_agent.panel.errors import Sentence
from edge_agent.panel.language import gettext as _
from edge_agent.panel.screen import EXTENSIONS, LENGTHS, OFFERED
from edge_agent.panel.state import Panel, of
from edge_agent.ports.touch import DeviceView, Done, HelpTopic
from edge_agent.room.model import Arguments

Verb = Literal["start", "pause", "resume", "extend", "stop"]


async def lesson(request: Request) -> Response:
    """POST /lesson/{verb}."""
    panel, form = of(request), request.state.form
    room = panel.room
    match cast("Verb", request.path_params["verb"]):
        case "start":
            course, minutes = _course(panel, form), _one_of(form, "minutes", LENGTHS)
            return await _touched(request, lambda: room.start(course, minutes))
        case "pause":
            return await _touched(request, room.pause)
        case "resume":
            return await _touched(request, room.resume)
        case "extend":
            more = _one_of(form, "minutes", EXTENSIONS)
            return await _touched(request, lambda: room.extend(more))
        case "stop":
            return await _touched(request, room.stop)
        case _:
            raise Sentence(404, _("There is no such page."))


async def device(request: Request) -> Response:
    """POST /devices/{name}/{command}."""
    room, name = of(request).room, request.path_params["name"]
    command: str = request.path_params["command"]
    found = next((each for each in room.view().devices if each.name == name), None)
    if found is None:
        raise Sentence(404, _("There is no such device."))
    if command not in found.offers or command not in OFFERED:
        raise Sentence(404, _("The device has no such command."))
    arguments = _arguments(found, command, request.state.form)
    return await _touched(request, lambda: room.command(name, command, arguments))


async def call_for_help(request: Request) -> Response:
    """POST /help."""
    topic = request.state.form.get("topic", "")
    if topic not in get_args(HelpTopic):
        raise Sentence(422, _("Say what you need help with."))
    room = of(request).room
    return await _touched(request, lambda: room.help(cast("HelpTopic", topic)))


async def look(request: Request) -> Response:
    """POST /look: open picture and sound for two minutes."""
    monitor = of(request).monitor

    async def opened() -> Done:
        monitor.look()
        return Done(True)

    return await _touched(request, opened)


async def _touched(request: Request, act: Callable[[], Awaitable[Done]]) -> Response:
    panel = of(request)
    done = await panel.touches.do(request.url.path, request.state.form, act)
    why = render.reason(done.why)
    if errors.wants_json(request.scope):
        return JSONResponse({"ok": done.ok, "why": why}, 200 if done.ok else 409)
    if done.ok and not why:
        return RedirectResponse("/", 303)
    shown = panel.shown(request, panel.room.view(), live=False)
    return render.page("page.html", 200 if done.ok else 409, said=why, **shown)


def _course(panel: Panel, form: dict[str, str]) -> str | None:
    course = form.get("course") or None
    if course is not None and course not in {offer.course for offer in panel.room.view().courses}:
        raise Sentence(422, _("There is no such course."))
    return course


def _one_of(form: dict[str, str], name: str, allowed: tuple[int, ...]) -> int:
    number = _number(form, name)
    if number not in allowed:
        raise Sentence(422, _("That number of minutes is not offered."))
    return number


def _arguments(device: DeviceView, command: str, form: dict[str, str]) -> Arguments:
    match command:
        case "volume":
            return {"level": _within(_number(form, "level"), 0, 100)}
        case "preset":
            return {"number": _within(_number(form, "number"), 1, device.presets)}
        case "source":
            if (source := form.get("source", "")) not in device.sources:
                raise Sentence(422, _("The device has no such source."))
            return {"source": source}
        case "mute" | "blank" | "freeze" | "microphone" | "tracking":
            if (on := form.get("on", "")) not in ("true", "false"):
                raise Sentence(422, _("On or off?"))
            return {"on": on == "true"}
        case _:
            return {}


def _number(form: dict[str, str], name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Sentence(422, _("A whole number is needed."))
    return int(text)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise Sentence(422, _("That number is out of range."))
    return number


routes = [
    Route("/lesson/{verb}", lesson, methods=["POST"]),
    Route("/devices/{name}/{command}", device, methods=["POST"]),
    Route("/help", call_for_help, methods=["POST"]),
    Route("/look", look, methods=["POST"]),
]
