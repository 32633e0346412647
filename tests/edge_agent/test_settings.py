import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge_agent import settings
from edge_agent.errors import BadConfiguration
from edge_agent.room.model import Source
from tests.shape.tree import ROOT

EXAMPLE = ROOT / "docs" / "guides" / "room.example.toml"

GOOD = """\
[agent]
data = "room"

[[source]]
name = "camera"
kind = "camera"
track = "presenter"
driver = "rtsp"
address = "rtsp://192.0.2.1/1"
size = "1280x720"
copy = true

[[source]]
name = "microphone"
kind = "microphone"
track = "audio"
driver = "pulse"
address = "default"
"""


def wrong(tmp_path: Path, text: str) -> str:
    path = tmp_path / "room.toml"
    path.write_text(text)
    with pytest.raises(BadConfiguration) as caught:
        _ = settings.load(path).sources
    return str(caught.value)


def test_a_room_is_read(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(GOOD)

    room = settings.load(tmp_path / "room.toml")

    assert room.agent.data == tmp_path / "room"
    camera, microphone = room.sources
    assert camera == Source(
        "camera", "camera", "presenter", "rtsp", "rtsp://192.0.2.1/1", size=(1280, 720), copy=True
    )
    assert microphone.is_audio


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('driver = "pulse"', 'driver = "vinyl"', 17, "source.1.driver"),
        ('driver = "rtsp"', "driver = 7", 8, "source.0.driver"),
        ("copy = true", 'copy = "perhaps"', 11, "source.0.copy"),
        ('size = "1280x720"', 'size = "big"', 10, "source.0.size"),
        ('track = "audio"', 'track = "../x"', 16, "source.1.track"),
        ('name = "microphone"\n', "", 13, "source.1.name"),
        ('data = "room"', 'data = "room"\ncolour = "red"', 3, "agent.colour"),
        ('data = "room"', "data = 3", 2, "agent.data"),
        ("[agent]", "[upload]\nbytes_per_second = -1\n[agent]", 2, "upload.bytes_per_second"),
        ("[agent]", "upload.window = 1\n[agent]", 1, "upload.window"),
        ('track = "audio"', 'track = "audio"\nsize = "1x1"', 17, "source.1.size"),
    ],
)
def test_a_mistake_is_answered_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str
) -> None:
    assert old in GOOD

    said = wrong(tmp_path, GOOD.replace(old, new, 1))

    assert said.startswith(f"{tmp_path / 'room.toml'}, line {line}: {key}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[agent\n", "at line 1"),
        (GOOD.replace('"audio"', '"presenter"'), "two sources have the track 'presenter'"),
        ("[recording]\nlow_disk_bytes = 1\n", "low_disk_bytes must not be less than"),
        (GOOD.replace("copy = true", 'secret_file = "none"'), "secret_file"),
        (GOOD.replace("address = ", "# "), "source.0: address: the driver rtsp needs one"),
        (
            GOOD.replace('track = "audio"', 'track = "audio"\nsize = "10x10"'),
            "source.1: size: a microphone has none",
        ),
    ],
)
def test_other_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in wrong(tmp_path, text)


def test_several_mistakes_are_all_told(tmp_path: Path) -> None:
    text = GOOD.replace('"pulse"', '"vinyl"').replace("copy = true", "copy = 9")

    assert len(wrong(tmp_path, text).splitlines()) == 2


def test_each_of_two_tables_is_told_at_its_own_line(tmp_path: Path) -> None:
    text = GOOD.replace("address = ", "# address = ")

    said = wrong(tmp_path, text).splitlines()

    assert [line.split(": ")[0].rpartition(" ")[2] for line in said] == ["4", "13"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"none\.toml: cannot be read"):
        settings.load(tmp_path / "none.toml")


def test_a_secret_is_read_from_its_file_only_if_no_one_else_can(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(GOOD.replace("copy = true", 'secret_file = "s"'))
    secret = tmp_path / "s"
    secret.write_text("user\npässword\n")
    secret.chmod(0o644)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        _ = settings.load(tmp_path / "room.toml").sources
    secret.chmod(0o600)

    (camera, _) = settings.load(tmp_path / "room.toml").sources

    assert camera.secret == ("user", "pässword")
    assert "pässword" not in repr(camera)


def test_the_example_loads_and_names_every_key(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    room = settings.load(EXAMPLE)
    assert {s.track for s in room.source} == {"presenter", "presentation", "audio"}

    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    document = tomllib.loads(uncommented)

    def keys(model: type[BaseModel]) -> set[str]:
        return {field.alias or name for name, field in model.model_fields.items()}

    assert set(document) == keys(settings.RoomSettings)
    for name, model in (
        ("agent", settings.AgentSettings),
        ("fleet", settings.FleetOverrides),
        ("recording", settings.RecordingSettings),
        ("upload", settings.UploadSettings),
        ("mqtt", settings.MqttSettings),
        ("panel", settings.PanelSettings),
        ("watching", settings.WatchingSettings),
        ("automation", settings.AutomationSettings),
    ):
        assert set(document[name]) == keys(model)
        shown = model.model_validate(document[name]).model_dump()
        usual = model().model_dump()
        differing = {k for k in shown if shown[k] != usual[k]}
        assert differing <= {
            *("data", "profiles", "scenes", "mqtt_host", "mqtt_port", "http_url"),
            *("bytes_per_second", "pin_file"),
        }
    told = set().union(*(set(source) for source in document["source"]))
    assert told == keys(settings.SourceSettings)
    told = set().union(*(set(device) for device in document["device"]))
    assert told == keys(settings.DeviceSettings)
    assert {device.profile.id for device in room.devices} == {d.profile for d in room.device}
