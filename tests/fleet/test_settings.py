"""Settings, and what is said of wrong ones."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from fleet.settings import BadSettings, FleetSettings, load
from tests.shape.tree import ROOT, files


def test_the_defaults_are_safe_to_start_with() -> None:
    settings = FleetSettings()

    assert settings.listen_host == "127.0.0.1"
    assert settings.url == "http://127.0.0.1:8443"
    assert settings.database == "sqlite:///lectern-data/fleet.sqlite"
    assert settings.workflows_database == "sqlite:///lectern-data/workflows.sqlite"


def test_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text('listen_port = 9000\nmqtt_port = 9001\nserver_names = ["a.example"]\n')
    monkeypatch.setenv("LECTERN_LISTEN_PORT", "9100")
    monkeypatch.setenv("LECTERN_CONFIG", str(file))

    settings = load()

    assert (settings.listen_port, settings.mqtt_port) == (9100, 9001)
    assert settings.server_names == ("a.example",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listen_port = 99999\n", "listen_port: line 1: "),
        ("\ntls = 'maybe'\n", "tls: line 2: "),
        ("lissten_port = 1\n", "lissten_port: line 1: "),
        ("listen_port =\n", "line 1"),
        ("public_url = 'lectern.example'\n", "public_url: line 1: "),
        ("listen_host = '0.0.0.0'\n", "set tls to own"),
        ("tls_key = 'k.pem'\n", "tls_certificate and tls_key are given together"),
    ],
)
def test_a_wrong_file_is_told_by_name_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(text)

    with pytest.raises(BadSettings) as caught:
        load(file)

    assert said in str(caught.value)
    assert str(file) in str(caught.value) or "listen" in said or "tls" in said


def test_a_wrong_variable_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LECTERN_MQTT_PORT", "many")

    with pytest.raises(BadSettings, match=r"^LECTERN_MQTT_PORT: "):
        load()


def test_a_mistyped_variable_is_told_and_a_stranger_s_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LECTERN_SOMETHING_ELSE_ALTOGETHER", "1")
    load()
    monkeypatch.setenv("LECTERN_LISTEN_PROT", "1")

    with pytest.raises(BadSettings, match="did you mean LECTERN_LISTEN_PORT"):
        load()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="no such file; check --config"):
        load(tmp_path / "absent.toml")


def test_without_tls_only_this_machine_may_connect() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.7", "lectern.example"):  # noqa: S104
        with pytest.raises(ValidationError, match="TLS is off"):
            FleetSettings(listen_host=host)
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        assert not FleetSettings(listen_host=host).secure
    assert FleetSettings(listen_host="0.0.0.0", tls="own").secure  # noqa: S104


def test_passwords_are_not_shown() -> None:
    settings = FleetSettings(database_url="postgresql://lectern:secret@db/lectern")

    assert "secret" not in repr(settings)
    assert settings.database.startswith("postgresql+psycopg://")
    assert settings.workflows_database == settings.database


def test_the_server_s_names_are_those_people_type() -> None:
    settings = FleetSettings(
        listen_host="0.0.0.0",  # noqa: S104
        tls="own",
        public_url="https://lectern.example/fleet/",
        mqtt_public_host="mqtt.example",
    )

    assert settings.url == "https://lectern.example/fleet"
    assert settings.own_names == (
        "localhost",
        "127.0.0.1",
        "::1",
        "lectern.example",
        "mqtt.example",
    )


def test_each_setting_has_an_effect() -> None:
    code = "\n".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in files(".py")
        if path.parts[0] == "fleet"
    )
    read = set(re.findall(r"\b(?:settings|loaded|self)\.([a-z_]+)\b", code))

    assert FleetSettings.model_fields.keys() - read == set()
