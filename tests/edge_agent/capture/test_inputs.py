"""Arguments for each driver, and secrets that are in none of them. DirectShow only ever here."""

from dataclasses import replace

import pytest

from edge_agent.capture.inputs import opened, secrets, with_secret
from edge_agent.room.model import Source

CAMERA = Source("c", "camera", "presenter", "v4l2", "/dev/video0", size=(1280, 720), rate=25)
SCREEN = Source("s", "screen", "presentation", "x11", ":0", size=(1920, 1080), rate=15)
MICROPHONE = Source("m", "microphone", "audio", "pulse", "default")
NETWORK = Source("n", "camera", "presenter", "rtsp", "rtsp://10.0.0.7:554/1?a=b", copy=True)


def after(words: tuple[str, ...], option: str) -> str:
    return words[words.index(option) + 1]


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (CAMERA, "v4l2"),
        (SCREEN, "x11grab"),
        (replace(SCREEN, driver="gdigrab", address="desktop"), "gdigrab"),
        (replace(CAMERA, driver="dshow", address="USB Camera"), "dshow"),
    ],
)
def test_pictures_are_asked_for_in_size_and_rate(source: Source, form: str) -> None:
    entrance = opened(source)

    assert after(entrance.arguments, "-f") == form
    assert after(entrance.arguments, "-framerate") == str(source.rate)
    assert after(entrance.arguments, "-video_size") == "{}x{}".format(*source.size or ())


def test_a_camera_without_size_or_rate_gives_what_it_likes() -> None:
    words = opened(replace(CAMERA, size=None, rate=None)).arguments

    assert "-video_size" not in words
    assert "-framerate" not in words


def test_a_driver_s_own_options_come_before_the_address() -> None:
    words = opened(replace(CAMERA, options=(("input_format", "mjpeg"),))).arguments

    assert words[-2:] == ("-input_format", "mjpeg")


def test_direct_show_names_pictures_and_sound_apart() -> None:
    camera = replace(CAMERA, driver="dshow", address="USB Camera")
    microphone = replace(MICROPHONE, driver="dshow", address="Mikrofon (Realtek)")

    assert opened(camera).address == "video=USB Camera"
    assert opened(microphone).address == "audio=Mikrofon (Realtek)"


def test_pulse_counts_samples_and_does_not_wait_two_seconds() -> None:
    words = opened(MICROPHONE).arguments

    assert after(words, "-wallclock") == "0"
    assert after(words, "-fragment_size") == "1920"


def test_a_relative_file_is_found_from_the_take_s_directory_too() -> None:
    source = Source("f", "camera", "presenter", "file", "lesson.mp4")

    assert opened(source).address.endswith("/lesson.mp4")
    assert opened(source).address.startswith("/")


def test_a_test_source_needs_no_address() -> None:
    picture = Source("t", "camera", "presenter", "test", "", size=(320, 180), rate=10)

    assert opened(picture).address == "testsrc2=size=320x180:rate=10"
    assert opened(replace(picture, kind="microphone", rate=None)).address.startswith("sine=")
    assert opened(replace(picture, address="mandelbrot")).address == "mandelbrot"


def test_a_network_camera_has_time_limits() -> None:
    words = opened(NETWORK, stall_seconds=3.0).arguments

    assert after(words, "-rtsp_transport") == "tcp"
    assert after(words, "-timeout") == "3000000"
    assert opened(NETWORK).address == NETWORK.address


def test_a_secret_is_in_the_script_and_nowhere_else() -> None:
    source = replace(NETWORK, secret=("admin", "it's a p@ss:word/"))
    entrance = opened(source)

    assert "p%40ss" not in " ".join((*entrance.arguments, entrance.address))
    assert entrance.script is not None
    assert "rtsp://admin:it%27s%20a%20p%40ss%3Aword%2F@10.0.0.7:554/1?a=b'" in entrance.script
    assert "option timeout 3000000\n" in entrance.script
    assert "p@ss" not in repr(source)


def test_what_must_be_scrubbed_covers_both_spellings() -> None:
    source = replace(NETWORK, secret=("admin", "p@ss"))
    message = f"Impossible to open {with_secret(source)}; p@ss"
    for word in secrets(source):
        message = message.replace(word, "…")

    assert "p@ss" not in message
    assert "p%40ss" not in message
    assert secrets(NETWORK) == ()
