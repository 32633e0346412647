"""What a room says of itself when it connects: how often it has started, and what it is."""

import asyncio
import shutil
from pathlib import Path

import msgspec

import edge_agent
from contract.messages import Description, DeviceDescription, SourceDescription
from edge_agent import pc
from edge_agent.ports.clock import Clock
from edge_agent.ports.journal import Memory
from edge_agent.room.model import Device, Source


async def next_session(memory: Memory, clock: Clock) -> int:
    """The count of the agent's starts, kept."""
    saved = await memory.get("session")
    # Counted in seconds, so that it also grows when the journal was lost.
    session = max(int(saved or 0) + 1, int(clock.now().timestamp()))
    await memory.put("session", str(session).encode())
    return session


async def describe(
    memory: Memory, data: Path, sources: tuple[Source, ...], devices: tuple[Device, ...]
) -> Description:
    """What the PC and the room are; its version grows with each change."""
    total = (await asyncio.to_thread(shutil.disk_usage, data)).total
    described = Description(
        version=0,
        hostname=pc.hostname(),
        os=pc.system(),
        cpu_count=pc.cpu_count(),
        memory_bytes=pc.memory_bytes(),
        disk_bytes=total,
        agent_version=edge_agent.__version__,
        sources=tuple(
            SourceDescription(name=s.name, kind=s.kind, track=s.track, driver=s.driver)
            for s in sources
        ),
        devices=tuple(
            DeviceDescription(
                name=d.name, role=d.role, profile=d.profile.id, vendor=d.profile.vendor
            )
            for d in devices
        ),
        macs=await asyncio.to_thread(pc.macs),
    )
    saved = await memory.get("description")
    before = msgspec.json.decode(saved, type=Description) if saved else None
    version = before.version if before else 0
    after = msgspec.structs.replace(described, version=version)
    if after != before:
        after = msgspec.structs.replace(described, version=version + 1)
        await memory.put("description", msgspec.json.encode(after))
    return after
