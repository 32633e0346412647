"""Down-messages from bytes: whatever comes is read, or counted and let go, never fatal."""

import logging

import msgspec

from contract import codec, registry, topics
from contract.messages import (
    Ack,
    Desired,
    DesiredState,
    FleetState,
    Look,
    Order,
    Payload,
    Reply,
)
from edge_agent.ports.uplink import Counts, Down
from edge_agent.room.events import DesiredCame

logger = logging.getLogger(__name__)

_KIND: dict[str, type[Payload]] = {"desired": Desired, "order": Order, "look": Look, "ack": Ack}
_CORRELATIONS = 1_000
_SETTINGS = ("language", "report_seconds", "quiet_minutes", "record_timetable")
_KEYS = frozenset(field.encode_name for field in msgspec.structs.fields(DesiredState))


class Inbound:
    """Decodes messages for one agent and counts what it cannot use."""

    def __init__(self, agent: str) -> None:
        self._kinds = {topics.topic(agent, name): kind for name, kind in _KIND.items()}
        self._kinds[topics.FLEET_STATE] = FleetState
        self._malformed = 0
        self._stray = 0
        self._correlations: dict[str, bytes] = {}

    @property
    def subscriptions(self) -> dict[str, int]:
        """Topic filters and the QoS to ask for."""
        channels: dict[str, int] = {topics.FLEET_STATE: registry.FLEET_STATE.qos}
        for topic in self._kinds.keys() - channels.keys():
            channels[topic] = registry.BY_NAME[topic.rpartition("/")[2]].qos
        return channels

    @property
    def spare(self) -> frozenset[str]:
        """Those that an older fleet, which knows less of the contract, may not allow."""
        return frozenset(
            topic
            for topic in self._kinds
            if (known := registry.BY_NAME.get(topic.rpartition("/")[2])) and known.live
        )

    def counts(self) -> Counts:
        """What could not be used so far."""
        return Counts(self._malformed, self._stray)

    def correlation(self, reply: bytes) -> bytes:
        """Correlation Data for a reply: the order's own, or its id if it came before a restart."""
        received = codec.decode_up(reply)
        assert isinstance(received.payload, Reply)  # noqa: S101 - the outbox keeps no other
        order = received.payload.order
        return self._correlations.get(order, order.encode())

    def read(self, topic: str, body: object, correlation: bytes | None = None) -> Down | None:
        """The message, or None when it is not one of the contract."""
        kind = self._kinds.get(topic)
        if kind is None or not isinstance(body, bytes):
            self._stray += 1
            logger.warning("a message on a topic that is not ours was ignored: %.200r", topic)
            return None
        if not body:
            return None  # a retained message was cleared
        try:
            if kind is Desired:
                return _desired(body)
            message = codec.decode_down(kind, body)
        except codec.Malformed as error:
            self._malformed += 1
            logger.warning("a message on %s was ignored: %.300s", topic, error)
            return None
        assert isinstance(message, Order | Look | Ack | FleetState)  # noqa: S101 - the table above
        if isinstance(message, Order) and correlation:
            self._correlations[message.id] = correlation
            while len(self._correlations) > _CORRELATIONS:
                del self._correlations[next(iter(self._correlations))]
        return message


def _desired(body: bytes) -> DesiredCame:
    """What the fleet wants; a setting that cannot be read spoils neither timetable nor the rest."""
    refused: dict[str, str] = {}
    try:
        desired = codec.decode_down(Desired, body)
    except codec.Malformed:
        body, refused = _without_bad_settings(body)
        if not refused:
            raise
        desired = codec.decode_down(Desired, body)
    state = msgspec.json.decode(body)["state"]
    unknown = tuple(sorted(key[:64] for key in state.keys() - _KEYS))[:32]
    return DesiredCame(desired, unknown, refused)


def _without_bad_settings(body: bytes) -> tuple[bytes, dict[str, str]]:
    try:
        document = msgspec.json.decode(body)
        state = document["state"]
        given = [key for key in _SETTINGS if key in state]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return body, {}
    refused = {}
    for key in given:
        try:
            msgspec.convert({key: state[key]}, DesiredState)
        except msgspec.ValidationError as error:
            refused[key] = str(error)[:200]
            del state[key]
    return msgspec.json.encode(document), refused
