from edge_agent.room import telemetry
from edge_agent.room.telemetry import Telemetry


def due(state: Telemetry, now: float) -> tuple[Telemetry, dict[str, float]]:
    state, readings = telemetry.due(state, now)
    return state, {f"{r.device}.{r.point}{r.unit}": r.value for r in readings}


def test_what_changed_is_sent_and_what_did_not_only_now_and_then() -> None:
    state = Telemetry({("ups", "charge"): "%"})
    state = telemetry.measured(state, "ups", "charge", 100.0)
    state = telemetry.measured(state, "ups", "mains", "battery")
    state = telemetry.measured(state, "ups", "model", "X")
    state, first = due(state, 0)
    assert first == {"ups.charge%": 100.0, "ups.mains": 1.0}
    state = telemetry.measured(state, "ups", "charge", 99.0)
    state, second = due(state, 30)
    assert second == {}
    state = telemetry.measured(state, "ups", "charge", 97.0)
    state, third = due(state, 60)
    assert third == {"ups.charge%": 97.0}
    _, last = due(state, 700)
    assert last == {"ups.charge%": 97.0, "ups.mains": 1.0}


def test_what_is_not_known_any_more_is_not_sent() -> None:
    state = telemetry.measured(Telemetry({}), "p", "mute", True)
    state, first = due(state, 0)
    assert first == {"p.mute": 1.0}
    state = telemetry.measured(state, "p", "mute", None)
    assert due(state, 10_000)[1] == {}
