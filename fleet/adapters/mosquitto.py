"""Mosquitto as the fleet's broker: its configuration, its ACL, and shutting agents out.

Written for 2.0.11 (Debian 12) and later: mosquitto.conf(5). The ACL is one line a topic and
direction, made from `contract.registry`; `%u` is the CN of the room's certificate.
"""

import asyncio
import logging
import os
import shutil
import signal
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import aiomqtt

from contract import registry, topics
from fleet.classrooms.authority import FLEET, Authority, Pair, write_durably
from fleet.errors import Refused

log = logging.getLogger(__name__)

_HEADROOM = 4096
"""Bytes a packet may have beyond its payload: topic and properties."""


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Where a broker listens and whom it runs as.

    `user` matters only when it is started by root: Mosquitto then gives up root at once, and
    must be able to read its files as that user. `persistent` keeps retained messages over a
    restart.
    """

    port: int = 8883
    bind: str = ""
    user: str = ""
    persistent: bool = True


def current_user() -> str:
    """Whom a broker must run as to read what this process writes; nothing unless it is root."""
    return "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""


def write(
    directory: Path,
    plan: BrokerPlan,
    authority: Authority,
    names: tuple[str, ...],
    revoked: Iterable[str],
    crl: bytes,
) -> Path:
    """Write everything a broker needs into `directory`; returns its mosquitto.conf.

    Raises:
        Refused: the directory cannot be written, or `plan.user` does not exist.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        pair = authority.server_pair(names)
        write_durably(directory / "server.pem", pair.certificate.read_bytes(), 0o644)
        write_durably(directory / "server.key", pair.key.read_bytes(), 0o600)
        write_durably(directory / "authorities.pem", authority.authorities.encode(), 0o644)
        write_durably(directory / "revoked.crl", crl, 0o644)
        write_durably(directory / "acl", acl(revoked).encode(), 0o644)
        path = directory / "mosquitto.conf"
        write_durably(path, configuration(directory.absolute(), plan).encode(), 0o644)
        if plan.user and current_user():
            for item in (directory, *directory.iterdir()):
                shutil.chown(item, plan.user)
    except OSError as error:
        raise Refused(f"{directory}: cannot be written: {error}") from error
    except LookupError as error:
        raise Refused(f"user: {error}") from error
    return path


def configuration(directory: Path, plan: BrokerPlan) -> str:
    """The text of mosquitto.conf."""
    limit = registry.MAX_MESSAGE_BYTES
    lines = [
        "# Written by `fleet broker-config`; it is overwritten the next time.",
        f"listener {plan.port}{' ' + plan.bind if plan.bind else ''}",
        f"cafile {directory / 'authorities.pem'}",
        f"certfile {directory / 'server.pem'}",
        f"keyfile {directory / 'server.key'}",
        f"crlfile {directory / 'revoked.crl'}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        f"acl_file {directory / 'acl'}",
        "set_tcp_nodelay true",
        f"max_packet_size {limit + _HEADROOM}",
        "max_queued_messages 1000",
        "persistent_client_expiration 1d",
        f"pid_file {directory / 'mosquitto.pid'}",
        f"persistence {'true' if plan.persistent else 'false'}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type information",
    ]
    if plan.persistent:
        lines += [f"persistence_location {directory}/", "autosave_interval 60"]
    if plan.user:
        lines.append(f"user {plan.user}")
    return "\n".join(lines) + "\n"


def acl(revoked: Iterable[str]) -> str:
    """The text of the ACL file; agents that were revoked may do nothing, whatever they hold."""
    blocks = [f"user {FLEET}\ntopic readwrite {topics.ROOT}/#"]
    blocks += [f"user {agent}\ntopic deny #" for agent in sorted(revoked)]
    patterns = [
        f"pattern {'write' if channel.direction == 'up' else 'read'} "
        f"{topics.ROOT}/%u/{channel.name}"
        for channel in registry.CHANNELS
    ]
    patterns.append(f"pattern read {topics.FLEET_STATE}")
    return "\n\n".join([*blocks, "\n".join(patterns)]) + "\n"


class Mosquitto:
    """A running broker that the fleet keeps up to date.

    `directory` is what `write` filled. `pid_file` names the process to tell; a broker on
    another machine has none, and its own administrators copy the files and reload it.
    """

    def __init__(
        self, directory: Path, pid_file: Path, host: str, port: int, authority: Authority
    ) -> None:
        self._directory = directory
        self._pid_file = pid_file
        self._host = host
        self._port = port
        self._authority = authority

    def refresh(self, revoked: Iterable[str], crl: bytes) -> bool:
        """Write the CRL and the ACL, and have the broker read them; False if nobody was told."""
        if not self._directory.is_dir():
            return False
        self._replace("revoked.crl", crl)
        self._replace("acl", acl(revoked).encode())
        return self.reload()

    def use_certificate(self, pair: Pair) -> None:
        """Give the broker this server certificate, unless it has it; it is read on reload."""
        certificate = self._directory / "server.pem"
        wanted = pair.certificate.read_bytes()
        if certificate.exists() and certificate.read_bytes() != wanted:
            self._replace("server.key", pair.key.read_bytes(), 0o600)
            self._replace("server.pem", wanted)
            self.reload()

    def reload(self) -> bool:
        """Have the broker read ACL, CRL and certificate again; False if there is none to tell."""
        if not hasattr(signal, "SIGHUP"):
            return False
        try:
            os.kill(int(self._pid_file.read_text()), signal.SIGHUP)
        except (OSError, ValueError) as error:
            log.info("no broker was told to reload: %s", error)
            return False
        return True

    async def cut(self, agent: str) -> None:
        """End a live connection by taking over its client id, which is the agent's.

        Nothing is left behind in its place, and no will: the newcomer leaves at once.

        Raises:
            aiomqtt.MqttError: the broker could not be reached.
        """
        certificate, key = await asyncio.to_thread(self._authority.short_lived_pair, agent)
        context = await asyncio.to_thread(self._tls, certificate, key)
        async with aiomqtt.Client(
            self._host,
            self._port,
            identifier=agent,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            tls_context=context,
            timeout=10,
        ):
            log.info("cut off: agent=%s", agent)

    def _tls(self, certificate: str, key: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._authority.authorities)
        with tempfile.TemporaryDirectory() as directory:
            pair = Path(directory) / "pair.pem"
            write_durably(pair, (certificate + key).encode(), 0o600)
            context.load_cert_chain(pair)
        return context

    def _replace(self, name: str, content: bytes, mode: int = 0o644) -> None:
        path = self._directory / name
        before = path.stat() if path.exists() else None
        write_durably(path, content, mode)
        if before and current_user():
            os.chown(path, before.st_uid, before.st_gid)
