"""The `[[device]]`s of the simulated classroom, as IT staff would write them into room.toml."""

from pathlib import Path
from typing import Any

from edge_agent import durable
from simulator.classroom import PASSWORD, Classroom

HOST = "127.0.0.1"


def devices(room: Classroom, secrets: Path) -> list[dict[str, Any]]:
    """The classroom's devices; their password is put into `secrets`, for the agent alone."""
    secrets.mkdir(parents=True, exist_ok=True)
    secret = secrets / "devices.secret"
    for name, user in (("devices.secret", "admin"), ("ups.secret", "lectern")):
        durable.write(secrets / name, f"{user}\n{PASSWORD}\n".encode(), mode=0o600)
    return [
        {
            "name": "projector", "profile": "pjlink-class-2", "host": HOST,
            "port": room.projector.port, "secret_file": secret, "input": "hdmi1",
        },
        {
            "name": "panel", "profile": "maxhub-ifp-v6", "line": room.panel_line,
            "input": "ops",
        },
        {
            "name": "teacher-camera", "profile": "visca-camera-tracking", "host": HOST,
            "port": room.camera.udp_port, "source": "lectern camera",
        },
        {
            "name": "student-camera", "profile": "onvif-camera", "host": HOST,
            "port": room.students.port, "secret_file": secret,
        },
        {
            "name": "ups", "profile": "ups-nut", "host": HOST, "port": room.ups.port,
            "secret_file": secrets / "ups.secret", "feeds": ["projector"],
        },
        {"name": "pc", "profile": "ops-pc"},
    ]  # fmt: skip
