"""A device of no particular make, for what is the same with all of them."""

from pathlib import Path

from contract.profile import Codec, Document, Profile, Transport, TransportKind, Verification
from edge_agent.room.model import Device


def plain_device(
    kind: TransportKind = "tcp", port: int | None = None, line: Path | None = None, limit: float = 2
) -> Device:
    """A device at a loopback port, or at a serial line; every limit is `limit` seconds."""
    transport = Transport(kind=kind, port=port, connect_timeout=limit, reply_timeout=limit)
    profile = Profile(
        id="plain",
        vendor="nobody",
        models=("plain",),
        kind="panel",
        document=Document(title="none"),
        verification=Verification(status="unverified"),
        transports=(transport,),
        codec=Codec(name="byte-frames"),
    )
    return Device(
        name="plain",
        role="panel",
        profile=profile,
        transport=transport,
        host="" if kind == "serial" else "127.0.0.1",
        line=str(line or ""),
    )
