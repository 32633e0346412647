"""A proposal is a block that `room.toml` takes as it is, whatever the device called itself."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.discovery.found import Found, proposal, said
from edge_agent.settings import RoomSettings

PROJECTOR = Found(
    "projector", "pjlink-class-2", "192.0.2.12", None, "", "00:11:22:33:44:55", "answers"
)


def test_a_block_says_what_was_found_and_why() -> None:
    assert proposal(PROJECTOR).splitlines() == [
        "# 192.0.2.12: answers",
        "[[device]]",
        'name = "projector-12"',
        'profile = "pjlink-class-2"',
        'host = "192.0.2.12"',
        'mac = "00:11:22:33:44:55"',
    ]


def test_port_and_transport_stand_in_it_where_they_are_not_the_profiles() -> None:
    camera = Found("camera", "visca-camera", "192.0.2.9", 1259, "", "", "open", "tcp")

    device = RoomSettings.model_validate(tomllib.loads(proposal(camera))).devices[0]

    assert (device.transport.kind, device.transport.port, device.role) == ("tcp", 1259, "camera")


@given(name=st.text(max_size=200))
def test_no_name_of_a_device_becomes_a_key(name: str) -> None:
    found = Found("camera", "onvif-camera", "192.0.2.9", None, name, "", "answers")

    document = tomllib.loads(proposal(found))

    assert document == {
        "device": [{"name": "camera-9", "profile": "onvif-camera", "host": "192.0.2.9"}]
    }
    RoomSettings.model_validate(document)


def test_what_a_device_says_moves_no_cursor_and_fills_no_screen() -> None:
    assert said("a\x1b[2Jb\n\r\x00[[device]]") == "a [2Jb   [[device]]"
    assert len(said("x" * 1000)) == 80
