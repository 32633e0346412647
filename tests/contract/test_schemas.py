"""The published documents are what the code says, and the messages are what they say."""

import json
from pathlib import Path

import jsonschema
import pytest

from contract import codec, registry, schemas
from contract import messages as m
from tests.contract.samples import AT, SAMPLES


def test_committed_documents_match_the_code() -> None:
    assert schemas.differing() == []


def test_a_difference_is_noticed_and_named(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    assert schemas.differing(tmp_path) == []
    (tmp_path / "topics.md").write_text("edited by hand")
    (tmp_path / "schemas" / "gone.json").write_text("{}")
    (tmp_path / "asyncapi.json").unlink()

    assert schemas.differing(tmp_path) == ["asyncapi.json", "schemas/gone.json", "topics.md"]


@pytest.mark.parametrize("payload", SAMPLES, ids=lambda p: type(p).__name__)
def test_messages_validate_against_the_published_schema(payload: m.Payload) -> None:
    channel, name = registry.place_of(payload)
    document = json.loads((schemas.FOLDER / "asyncapi.json").read_text())
    schema = document["channels"]["fleet_state" if channel == "state" else channel]["messages"][
        name
    ]["payload"]
    up = registry.BY_NAME.get(channel, registry.FLEET_STATE).direction == "up"
    body = (
        codec.encode_up(payload, source="room-1", time=AT, epoch="e", seq=1)
        if up
        else codec.encode_down(payload)
    )

    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(
        json.loads(body)
    )
