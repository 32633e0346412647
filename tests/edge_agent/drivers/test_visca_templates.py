"""The words a profile has for VISCA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.profile import Reading
from edge_agent.drivers.visca_templates import contents, meaning
from edge_agent.errors import BadConfiguration, Garbled, Refused

MOVE = "01 06 01 {pan:24} {tilt:20} {pan:+02-01=03} {tilt:+01-02=03}"
ZOOM = "01 04 07 {speed:7+20-30=00}"


@pytest.mark.parametrize(
    ("template", "words", "said"),
    [
        ("01 04 3F 02 {number}", {"number": 5}, "01 04 3f 02 05"),
        ("01 04 3F 02 {on}", {"on": "51"}, "01 04 3f 02 51"),
        (MOVE, {"pan": 100, "tilt": -100}, "01 06 01 18 14 02 02"),
        (MOVE, {"pan": -50, "tilt": 0}, "01 06 01 0c 01 01 03"),
        (MOVE, {"pan": 0, "tilt": 1}, "01 06 01 01 01 03 01"),
        (ZOOM, {"speed": 100}, "01 04 07 27"),
        (ZOOM, {"speed": -1}, "01 04 07 30"),
        (ZOOM, {"speed": 0}, "01 04 07 00"),
    ],
)
def test_a_template_says_its_words(template: str, words: dict[str, object], said: str) -> None:
    assert [each.hex(" ") for each in contents(template, words)] == [said]


def test_a_template_may_say_several_packets() -> None:
    assert contents("01 06 04; 01 04 07 00", {}) == (b"\x01\x06\x04", b"\x01\x04\x07\x00")


@pytest.mark.parametrize("number", [255, -1, 300])
def test_a_number_that_is_no_byte_is_refused(number: int) -> None:
    with pytest.raises(Refused, match="one byte"):
        contents("01 {number}", {"number": number})


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "cannot be said"),
        ("01 FF", "cannot be said"),
        ("01; ", "cannot be said"),
        ("00 " * 15, "cannot be said"),
        ("01 4", "neither a byte"),
        ("01 {Number}", "neither a byte"),
        ("01 {number:}x", "neither a byte"),
        ("01 {other}", "nothing is called 'other'"),
        ("01 {word}", "neither a number nor a byte"),
        ("01 {flag}", "neither a number nor a byte"),
    ],
)
def test_what_is_no_template_is_told(template: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        contents(template, {"number": 1, "word": "left", "flag": True})


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_every_movement_is_one_the_camera_knows(pan: int, tilt: int) -> None:
    ((*_, pan_speed, tilt_speed, across, up),) = contents(MOVE, {"pan": pan, "tilt": tilt})

    assert 1 <= pan_speed <= 0x18
    assert 1 <= tilt_speed <= 0x14
    assert across == (2 if pan > 0 else 1 if pan else 3)
    assert up == (1 if tilt > 0 else 2 if tilt else 3)


def _number(parse: str) -> Reading:
    return Reading(query="09 06 12", parse=parse, type="number")


@pytest.mark.parametrize(
    ("parse", "answer", "value"),
    [
        ("pp", "09", 9),
        ("0p 0p 0p 0p", "04 00 00 00", 0x4000),
        ("signed 0p 0p 0p 0p 0* 0* 0* 0*", "0f 0a 06 00 01 02 03 04", -1440),
        ("signed 0* 0* 0* 0* 0p 0p 0p 0p", "0f 0a 06 00 00 01 06 08", 360),
        ("signed 0p 0p 0p 0p 0p 0* 0* 0* 0*", "0f 0f 0f 0f 0f 00 00 00 00", -1),
    ],
)
def test_a_pattern_finds_the_number(parse: str, answer: str, value: float) -> None:
    assert meaning(_number(parse), bytes.fromhex(answer)) == value


@given(st.integers(-0x8000, 0x7FFF))
def test_each_position_comes_back(position: int) -> None:
    nibbles = bytes((position >> shift) & 0x0F for shift in (12, 8, 4, 0))

    assert meaning(_number("signed 0p 0p 0p 0p"), nibbles) == position


def test_digits_can_be_words() -> None:
    power = Reading(query="09 04 00", parse="pp", type="choice", values={"02": "on", "03": "off"})
    model = Reading(query="09 00 02", parse="** ** pp pp", type="text")

    assert meaning(power, b"\x03") == "off"
    assert meaning(model, bytes.fromhex("00 01 05 1c")) == "051C"
    with pytest.raises(Garbled):
        meaning(power, b"\x05")


@pytest.mark.parametrize("answer", ["", "00 00 00", "00 00 00 00 00", "10 00 00 00"])
def test_an_answer_of_another_form_is_garbled(answer: str) -> None:
    with pytest.raises(Garbled):
        meaning(_number("0p 0p 0p 0p"), bytes.fromhex(answer))


@pytest.mark.parametrize("parse", ["", "p", "00", "0p  0p", "unsigned 0p", "0x"])
def test_what_is_no_pattern_is_told(parse: str) -> None:
    with pytest.raises(BadConfiguration, match="pattern"):
        meaning(_number(parse), b"\x00")
