"""AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0) of the contract."""

from typing import Any

import msgspec

from contract import VERSION, codec, registry, topics

_PAYLOAD_REF = "#/components/schemas/{name}"


def document() -> dict[str, Any]:
    """The whole contract over MQTT as one AsyncAPI document."""
    channels = [*registry.CHANNELS, registry.FLEET_STATE]
    payloads = {name: payload for channel in channels for name, payload in channel.types.items()}
    _, schemas = msgspec.json.schema_components(payloads.values(), ref_template=_PAYLOAD_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lectern: rooms and fleet over MQTT 5",
            "version": VERSION,
            "description": (
                "Up messages are CloudEvents 1.0 structured JSON with the extensions `epoch` and "
                "`seq`; a message with a seq is sent again until an ack names it."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {_key(channel): _channel(channel) for channel in channels},
        "operations": {_key(channel): _operation(channel) for channel in channels},
        "components": {"schemas": {**schemas, "CloudEvent": envelope_schema()}},
    }


def address(channel: registry.Channel) -> str:
    """The topic of a channel, with `{agent}` where the agent id goes."""
    if channel is registry.FLEET_STATE:
        return topics.FLEET_STATE
    return f"{topics.ROOT}/{{agent}}/{channel.name}"


def envelope_schema() -> dict[str, Any]:
    """JSON Schema of the CloudEvents document round a payload."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "epoch", "seq", "data"],
        "properties": {
            "specversion": {"const": codec.SPEC_VERSION},
            "id": text,
            "source": {**text, "description": "The agent's id."},
            "type": text,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "epoch": {"type": "string", "description": "The UUID of the outbox file."},
            "seq": {"type": "integer", "minimum": 0, "description": "0: not from the outbox."},
            "data": True,
        },
    }


def _key(channel: registry.Channel) -> str:
    return "fleet_state" if channel is registry.FLEET_STATE else channel.name


def _channel(channel: registry.Channel) -> dict[str, Any]:
    described: dict[str, Any] = {
        "address": address(channel),
        "description": channel.what,
        "messages": {name: _message(channel, name) for name in channel.types},
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retained}},
    }
    if channel is not registry.FLEET_STATE:
        described["parameters"] = {"agent": {"description": "Agent id, `[a-z0-9-]{1,48}`."}}
    return described


def _message(channel: registry.Channel, name: str) -> dict[str, Any]:
    payload = {"$ref": _PAYLOAD_REF.format(name=channel.types[name].__name__)}
    if channel.direction == "down":
        return {"name": name, "contentType": "application/json", "payload": payload}
    return {
        "name": name,
        "contentType": codec.CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"properties": {"type": {"const": name}, "data": payload}},
            ]
        },
    }


def _operation(channel: registry.Channel) -> dict[str, Any]:
    # AsyncAPI describes one application: here the fleet.
    return {
        "action": "receive" if channel.direction == "up" else "send",
        "channel": {"$ref": f"#/channels/{_key(channel)}"},
    }
