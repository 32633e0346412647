"""Each rule, by one mistake made in a profile that has none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.profile import Profile
from edge_agent import profile_lint
from edge_agent.drivers import registry

GOOD = """\
id: beamer
vendor: Somebody
models: [One]
kind: projector
document: {title: The manual, page: "7"}
verification: {status: from-document}
transports:
  - {kind: tcp, port: 4352}
codec: {name: pjlink}
sources: {hdmi1: "31", hdmi2: "32"}
commands:
  power_on: {send: P1, confirm: power, confirm_values: [on, warming]}
  power_off: {send: P0, confirm: power, confirm_values: [off, cooling], states: [on]}
  source: {send: "I{source}", confirm: source, arguments: {source: {type: source}}}
  volume: {send: "V{level}", confirm: volume, arguments: {level: {type: integer, most: 20}}}
  mute: {send: "M{on}", confirm: mute, arguments: {on: {type: flag}}}
  x_mode:
    send: "X{mode}"
    confirm: x_mode
    arguments: {mode: {type: choice, values: {eco: "1", bright: "2"}}}
readings:
  power: {query: P, type: choice, values: {"0": off, "1": on, "2": cooling, "3": warming}}
  source: {query: I, type: text}
  volume: {query: V, type: number, unit: "%"}
  mute: {query: M, type: flag}
  x_mode: {query: X, type: choice, values: {"1": eco, "2": bright}}
  lamp_hours: {query: L, type: number, unit: h, poll: 3600}
  error_fan: {query: E, type: choice, values: {"0": ok, "1": warning, "2": error}, poll: 60}
power: {warming: 60, cooling: 120}
safety: {cool_down: 120}
alarms:
  - {id: lamp, point: lamp_hours, op: ">", value: 2000, clear: 100, text: lamp-worn}
  - {id: fan, point: error_fan, op: "==", value: error, text: fan, masked_by: [offline, lamp]}
golden:
  - {command: volume, arguments: {level: 3}, sent: "V3", source: "The manual, page 9"}
  - {reading: power, value: on, sent: "P", received: "1", source: "The manual, page 9"}
quality:
  document: {status: done}
  golden_frames: {status: done}
  power_feedback: {status: done}
  read_back: {status: done}
  source_feedback: {status: done}
  errors: {status: done}
  hours: {status: done}
  temperature: {status: exempt, why: it has no thermometer}
  authentication: {status: exempt, why: it asks nobody}
  reconnect: {status: done}
  simulated: {status: done}
  judged: {status: done, why: aiopjlink agrees}
  real_device: {status: todo, why: nobody here has one}
"""


class Contented:
    """A codec that finds nothing wrong but what it is told to."""

    said: tuple[str, ...] = ()

    def problems(self, profile: Profile) -> Iterator[str]:
        yield from self.said


@pytest.fixture(autouse=True)
def codec(monkeypatch: pytest.MonkeyPatch) -> Contented:
    contented = Contented()
    monkeypatch.setattr(registry, "codec", lambda name: contented)
    return contented


@pytest.fixture
def beamer(tmp_path: Path) -> Path:
    path = tmp_path / "beamer.yaml"
    path.write_text(GOOD)
    return path


def test_a_good_profile_has_no_mistake(beamer: Path) -> None:
    assert profile_lint.lint(beamer) == ()


WORDS = [
    ("  x_mode:\n    send", "  mode:\n    send", "commands.mode", "begins with x_"),
    ("  x_mode: {query", "  mode: {query", "readings.mode", "begins with x_"),
    ("{source: {type: source}}", "{input: {type: source}}", "commands.source.arguments", "source"),
    ("{on: {type: flag}}", "{on: {type: integer}}", "commands.mute.arguments.on.type", "flag"),
    ("most: 20", "most: 200", "commands.volume.arguments.level", "within 0 to 100"),
    ('"3": warming', '"3": tepid', "readings.power.values", "'tepid' is none of off"),
    ("query: P, type: choice", "query: P, type: text", "readings.power.type", "must be choice"),
    ("query: M, type: flag", "query: M, type: text", "readings.mute.type", "must be flag"),
    ("unit: h", "unit: s", "readings.lamp_hours.unit", "must be h"),
    ("type: number, unit: h", "type: text", "readings.lamp_hours.type", "must be number"),
    ("text: fan", "text: ventilator", "alarms[1].text", "no text has the key 'ventilator'"),
]
SENSE = [
    ("{kind: tcp, port: 4352}", "{kind: tcp}", "transports[0]", "tcp needs a port"),
    ("{kind: tcp, port: 4352}", "{kind: serial, port: 1}", "transports[0].port", "has no port"),
    ("port: 4352}", "port: 4352}\n  - {kind: tcp, port: 1}", "transports[1].kind", "twice"),
    ("port: 4352}", "port: 4352, reply_timeout: 0}", "transports[0]", "without a time limit"),
    ('hdmi2: "32"', 'hdmi2: "31"', "sources.hdmi2", "as hdmi1 is"),
    ('sources: {hdmi1: "31", hdmi2: "32"}\n', "", "commands.source.arguments.source", "no sources"),
    ("power: {warming: 60, cooling: 120}\n", "", "power", "come on and go off is missing"),
    ("safety: {cool_down: 120}\n", "", "safety.cool_down", "while it is hot"),
    ("{cool_down: 120}", "{cool_down: 120, cuts: [load_off]}", "safety.cuts", "'load_off'"),
    ("confirm: volume", "confirm: x_volume", "commands.volume.confirm", "no reading 'x_volume'"),
    ("confirm: volume", "confirm: mute", "commands.volume.confirm", "flag never equals a integer"),
    ("[on, warming]", "[on, hot]", "commands.power_on.confirm_values", "never 'hot'"),
    (", confirm_values: [on, warming]", "", "commands.power_on", "confirm_values is missing"),
    ("confirm: power, confirm_values", "confirm_values", "commands.power_on.confirm_values", "of"),
    ('{eco: "1", bright: "2"}', '{dim: "1"}', "commands.x_mode.confirm", "never 'dim'"),
    ('values: {eco: "1", bright: "2"}', "most: 3", "commands.x_mode.arguments.mode", "its values"),
    ("most: 20", "least: 30, most: 20", "commands.volume.arguments.level", "more than the most"),
    (
        "{type: flag}",
        '{type: flag, values: {"on": "1"}}',
        "commands.mute.arguments.on.values",
        "on",
    ),
    ('send: "V{level}"', 'send: "V", transports: [udp]', "commands.volume.transports", "no udp"),
    ('unit: "%"', 'unit: "furlong"', "readings.volume.unit", "'furlong' is no unit"),
    ("query: M, type: flag", 'query: M, type: flag, unit: "%"', "readings.mute.unit", "has none"),
    ("query: M, type: flag", "query: M, type: flag, scale: 2", "readings.mute.scale", "scaled"),
    ('{"1": eco', '{"1": 1', "readings.x_mode.values.1", "1 is no choice"),
    ("type: text}", 'type: text, values: {"1": vga}}', "readings.source.values.1", "source 'vga'"),
    ("poll: 60", "poll: 60, stale_after: 30", "readings.error_fan.stale_after", "stale before"),
    ("point: lamp_hours", "point: lamps", "alarms[0].point", "no reading 'lamps'"),
    (", poll: 3600", "", "alarms[0].point", "is not polled"),
    ("value: 2000", "value: old", "alarms[0].value", "'old' is no number"),
    ("value: error", "value: 3", "alarms[1].value", "3 is no choice"),
    ("value: error", "value: broken", "alarms[1].value", "error_fan is never 'broken'"),
    ('op: "==", value: error', 'op: ">", value: error', "alarms[1].op", "has no order"),
    ("clear: 100", "clear: 2500", "alarms[0].clear", "2500.0 is still wrong: > 2000"),
    ("text: fan,", "text: fan, clear: 1,", "alarms[1].clear", "only a number"),
    ("id: fan", "id: offline", "alarms[1].id", "raised for each device by itself"),
    ("id: fan", "id: lamp", "alarms[1].id", "two alarms are called 'lamp'"),
    ("[offline, lamp]", "[heat]", "alarms[1].masked_by", "no alarm 'heat'"),
    ("[offline, lamp]", "[fan]", "alarms[1].masked_by", "hide each other"),
    ("{level: 3}", "{level: 30}", "golden[0]", "from 0 to 20"),
    ("{command: volume, arg", "{command: loudness, arg", "golden[0]", "no command 'loudness'"),
    ("{command: volume, arg", "{reading: power, command: volume, arg", "golden[0]", "not both"),
    ("reading: power, value", "reading: powers, value", "golden[1].reading", "'powers'"),
    (', received: "1"', "", "golden[1]", "what is received"),
    ("value: on, sent", "value: hot, sent", "golden[1].value", "'hot' is none of cooling"),
]
HONESTY = [
    ("  hours: {status: done}\n", "", "quality.hours", "is missing"),
    (", why: it asks nobody", "", "quality.authentication.why", "why is it exempt?"),
    ('page: "7"', 'page: ""', "quality.document", "is not done: document.page is empty"),
    ('page: "7"', 'page: ""', "document.page", "where in the document"),
    ("  - {command: volume", "  - {command: power_x", "golden[0]", "no command"),
    ("{status: from-document}", "{status: unverified}", "verification", "why is it unverified"),
    ("{status: from-document}", "{status: verified}", "verification", "`device` is empty"),
    ("{status: from-document}", '{status: from-document, on: "1.2.26"}', "verification.on", "date"),
    (", confirm: volume", "", "quality.read_back", "some command has no `confirm`"),
    ("  lamp_hours:", "  x_lamps:", "quality.hours", "no reading tells hours"),
    ("  error_fan:", "  x_fan:", "quality.errors", "no reading tells of a fault"),
    ("  source: {query", "  x_source: {query", "quality.source_feedback", "no source reading"),
    ("temperature: {status: exempt, why: it has no thermometer}", "temperature: {status: done}",
     "quality.temperature", "no temperature reading"),
    ("power_feedback: {status: done}", "power_feedback: {status: todo, why: later}",
     "quality.power_feedback", "is done, not todo"),
    ("{status: exempt, why: it asks nobody}", "{status: done}",
     "quality.authentication", "asks for a secret"),
    (", why: aiopjlink agrees", "", "quality.judged.why", "which client agrees?"),
    ("{status: from-document}", "{status: unverified, why: no document}",
     "quality.golden_frames", "or it is unverified"),
    ("{status: todo, why: nobody here has one}", "{status: done}",
     "quality.real_device", "not verified"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "said"), WORDS + SENSE + HONESTY)
def test_a_mistake_is_found_where_it_is(
    beamer: Path, old: str, new: str, key: str, said: str
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    beamer.write_text(text)

    found = [p for p in profile_lint.lint(beamer) if p.key == key and said in p.what]

    assert len(found) == 1, [str(p) for p in profile_lint.lint(beamer)]
    assert 1 <= found[0].line <= len(text.splitlines())
    assert str(found[0]) == f"{beamer}:{found[0].line}: {key}: {found[0].what}"


def test_golden_frames_are_needed_of_commands_and_of_readings(beamer: Path) -> None:
    one_way = GOOD[: GOOD.index("  - {reading: power")] + GOOD[GOOD.index("quality:") :]
    beamer.write_text(one_way)

    (problem,) = profile_lint.lint(beamer)

    assert (problem.key, problem.line) == ("quality.golden_frames", problem.line)
    assert one_way.splitlines()[problem.line - 1].strip().startswith("golden_frames:")


def test_the_line_is_that_of_the_mistake(beamer: Path) -> None:
    beamer.write_text(GOOD.replace("confirm: volume", "confirm: loudness"))

    (problem,) = [p for p in profile_lint.lint(beamer) if p.key == "commands.volume.confirm"]

    assert "loudness" in beamer.read_text().splitlines()[problem.line - 1]


def test_a_mistake_that_was_inherited_is_told_in_the_file_it_stands_in(beamer: Path) -> None:
    beamer.write_text(GOOD.replace("text: fan", "text: ventilator"))
    child = beamer.with_name("child.yaml")
    child.write_text("id: child\nextends: beamer\nmodels: [Two]\n")

    (problem,) = profile_lint.lint(child, [beamer.parent])

    assert problem.path == beamer
    assert "ventilator" in beamer.read_text().splitlines()[problem.line - 1]


def test_a_mistake_of_form_is_a_problem_too(beamer: Path) -> None:
    beamer.write_text(GOOD.replace("send: P1", "sent: P1"))

    (problem,) = profile_lint.lint(beamer)

    assert (problem.line, problem.key) == (12, "commands.power_on.sent")


@pytest.mark.parametrize(
    ("said", "key", "what", "line"),
    [
        ("commands.volume: send: no line", "commands.volume.send", "no line", "  volume: {send"),
        ("readings.mute: no line", "readings.mute", "no line", "  mute: {query"),
        ("golden[1]: sent: differs", "golden[1].sent", "differs", "  - {reading: power"),
        ("codec: parameters: eol: none", "codec.parameters", "eol: none", "codec:"),
        ("command volume: no field", "commands.volume", "command volume: no", "  volume: {send"),
        ("golden V3: differs", "golden[0]", "golden V3: differs", "  - {command: volume"),
        ("nothing is right", "codec", "nothing is right", "codec:"),
    ],
)
def test_what_the_codec_says_is_told_at_the_place_it_names(
    beamer: Path, codec: Contented, said: str, key: str, what: str, line: str
) -> None:
    codec.said = (said,)

    (problem,) = profile_lint.lint(beamer)

    assert problem.key == key
    assert problem.what.startswith(what)
    assert GOOD.splitlines()[problem.line - 1].startswith(line)


def test_a_codec_that_does_not_exist_is_named(beamer: Path) -> None:
    beamer.write_text(GOOD.replace("name: pjlink", "name: telepathy"))

    (problem,) = profile_lint.lint(beamer)

    assert (problem.key, problem.line) == ("codec.name", 9)
