"""Templates of frames: what they encode, what they find, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.frames_cut import cutter
from edge_agent.drivers.frames_template import template
from edge_agent.errors import BadConfiguration, Garbled, Refused


@pytest.mark.parametrize(
    ("text", "words", "frame"),
    [
        ("3A 0d ff", {}, "3A 0D FF"),
        ("{level}", {"level": 30}, "1E"),
        ("{source}", {"source": "0a"}, "0A"),
        ("{hours:2}", {"hours": 258}, "01 02"),
        ("{level:3d}", {"level": 7}, "30 30 37"),
        ("{source:3d}", {"source": "103"}, "31 30 33"),
        ("{level:2x}", {"level": 100}, "36 34"),
        ("{words:text} 0D", {"words": "Hi"}, "48 69 0D"),
        ("06 {id} 00 18 02 {xor}", {"id": 0}, "06 00 00 18 02 1C"),
        ("AA BB CC 03 00 {level} {sum:4-6} DD", {"level": 30}, "AA BB CC 03 00 1E 21 DD"),
        ("FF 02 {sum}", {}, "FF 02 01"),
    ],
)
def test_a_template_is_filled(text: str, words: dict[str, str | int], frame: str) -> None:
    assert template(text).encoded(words) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{level}", {"level": 256}),
        ("{level}", {"level": -1}),
        ("{level:3d}", {"level": 1000}),
        ("{level:2x}", {"level": 256}),
        ("{source}", {"source": "01 02"}),
        ("{source}", {"source": "xy"}),
        ("{words:text}", {"words": "ü"}),
        ("{level}", {}),
        ("AA ..", {}),
        ("AA *", {}),
    ],
)
def test_what_does_not_fit_is_refused(text: str, words: dict[str, str | int]) -> None:
    with pytest.raises(Refused):
        template(text).encoded(words)


@pytest.mark.parametrize(
    ("text", "frame", "number", "word"),
    [
        ("3A 72 {value:3d} 0D", "3A 72 30 35 30 0D", True, "050"),
        ("3A 72 {value:3d} 0D", "3A 72 31 30 33 0D", False, "103"),
        ("AA {value} ..", "AA 1E 99", True, "30"),
        ("AA {value} ..", "AA 0A 99", False, "0A"),
        ("05 {value:2} 00", "05 01 02 00", True, "258"),
        ("05 {value:2} 00", "05 0D 02 00", False, "0D 02"),
        ("{value:2x}", "36 34", True, "100"),
        ("A1 {value:text} {xor}", "A1 38 36 00 AF", False, "86"),
        ("A1 {value} * FF", "A1 07 01 02 03 FF", False, "07"),
        ("A1 {value} * FF", "A1 07 FF", False, "07"),
    ],
)
def test_what_is_read_comes_in_the_profiles_words(
    text: str, frame: str, number: bool, word: str
) -> None:
    found = template(text).found(bytes.fromhex(frame), {})

    assert found is not None
    place, data = found["value"]
    assert place.word(data, number=number) == word


@pytest.mark.parametrize("frame", ["AA 01 FF 00", "AA 01", "AB 01 FF", "AA 02 FF", ""])
def test_another_frame_is_not_found(frame: str) -> None:
    assert template("AA {id} FF").found(bytes.fromhex(frame), {"id": 1}) is None


def test_a_wrong_checksum_is_garbled_and_only_in_this_frame() -> None:
    wanted = template("AA BB CC 82 00 {value} {sum:4-6} DD EE FF")

    with pytest.raises(Garbled, match="checksum"):
        wanted.found(bytes.fromhex("AA BB CC 82 00 1E A1 DD EE FF"), {})
    assert wanted.found(bytes.fromhex("AA BB CC 81 00 1E A1 DD EE FF"), {}) is None
    assert wanted.found(bytes.fromhex("AA BB CC 82 00 1E A0 DD EE FF"), {}) is not None


@pytest.mark.parametrize(
    "text",
    ["", "3", "3AA", "GG", "{Level}", "{level:3z}", "{a:0d}", "* *", "{a:text} *", "{sum:4}"],
)
def test_what_is_no_template_is_a_mistake(text: str) -> None:
    with pytest.raises(BadConfiguration):
        template(text)


@pytest.mark.parametrize("bad", ["0x", "ok", "-1", " ", "1."])
def test_digits_that_are_none_are_garbled(bad: str) -> None:
    found = template("{value:2d}").found(bad.encode().ljust(2), {})

    assert found is not None
    place, data = found["value"]
    with pytest.raises(Garbled):
        place.word(data, number=True)


@given(st.text(max_size=60))
def test_any_text_is_a_template_or_a_mistake(text: str) -> None:
    try:
        made = template(text)
    except BadConfiguration:
        return
    try:
        made.encoded({})
    except Refused:
        return


@given(frame=st.binary(max_size=40), level=st.integers(-300, 300))
def test_any_frame_is_found_or_not_or_garbled(frame: bytes, level: int) -> None:
    for text in ("AA {value} * {xor}", "{value:text} {sum}", "3A {value:3d} 0D", ".. {level} *"):
        try:
            template(text).found(frame, {"level": level % 256})
        except Garbled:
            continue


@given(level=st.integers(0, 255))
def test_what_is_encoded_is_found_again(level: int) -> None:
    for text in ("AA {value} {xor}", "AA {value:3d} {sum:1-2}", "{value:2x} FF", "{value:2} 00"):
        found = template(text).found(template(text).encoded({"value": level}), {})
        assert found is not None
        place, data = found["value"]
        assert int(place.word(data, number=True)) == level


def _all(parameters: dict[str, bool | int | float | str], came: bytes) -> list[bytes]:
    held = bytearray(came)
    frames = []
    while (frame := cutter(parameters).take(held)) is not None:
        frames.append(frame)
    return frames


def test_frames_are_cut_at_their_end() -> None:
    assert _all({"end": "0D"}, b"ab\rcd\ref") == [b"ab\r", b"cd\r"]


def test_frames_of_a_length_begin_with_their_start() -> None:
    parameters = {"start": "AA BB", "length": 4, "end": "FF"}

    assert _all(parameters, bytes.fromhex("00 AA AA BB 01 FF AA BB 02 FF AA")) == [
        bytes.fromhex("AA BB 01 FF"),
        bytes.fromhex("AA BB 02 FF"),
    ]


def test_a_frame_with_a_wrong_end_is_no_frame() -> None:
    parameters = {"start": "AA BB", "length": 4, "end": "FF"}

    assert _all(parameters, bytes.fromhex("AA BB 01 00 AA BB 02 FF")) == [
        bytes.fromhex("AA BB 02 FF")
    ]


def test_a_byte_says_how_long_a_frame_is() -> None:
    parameters = {"start": "7F", "length_at": 1, "length_adds": 3, "end": "CF"}

    assert _all(parameters, bytes.fromhex("7F 01 55 CF 7F 02 55 66 CF"))[0] == bytes.fromhex(
        "7F 01 55 CF"
    )
    assert _all({"length_at": 0}, bytes.fromhex("00 03 01 02 02 09")) == [
        bytes.fromhex("03 01 02"),
        bytes.fromhex("02 09"),
    ]


@pytest.mark.parametrize(
    "parameters", [{}, {"end": "G"}, {"length": -1}, {"length": True}, {"length_at": "0"}]
)
def test_parameters_that_cut_nothing_are_a_mistake(
    parameters: dict[str, bool | int | float | str],
) -> None:
    with pytest.raises(BadConfiguration):
        cutter(parameters)


@given(
    came=st.lists(st.binary(max_size=30), max_size=8),
    parameters=st.sampled_from(
        [
            {"end": "0D"},
            {"start": "AA BB CC", "length": 10, "end": "DD EE FF"},
            {"start": "7F", "length_at": 1, "length_adds": 3, "end": "CF"},
            {"length_at": 0},
        ]
    ),
)
def test_however_it_comes_it_is_cut_alike(
    came: list[bytes], parameters: dict[str, bool | int | float | str]
) -> None:
    cut = cutter(parameters)
    held, frames = bytearray(), []
    for piece in came:
        held += piece
        while (frame := cut.take(held)) is not None:
            frames.append(frame)

    assert frames == _all(parameters, b"".join(came))
    assert len(held) <= sum(map(len, came))
