"""Who this PC is to the fleet: a key made here, and a certificate for it.

The files live in one directory that is renamed into place whole, so that a power cut leaves the
old identity or the new one, never half of each. A renewed identity waits beside the old one
until a connection with it has worked.
"""

import json
import os
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from contract.http import Enrolment
from edge_agent.durable import BINARY, sync_directory
from edge_agent.errors import NotEnrolled

_KEY, _CERTIFICATE, _AUTHORITIES = "key.pem", "certificate.pem", "authorities.pem"
_FACTS = "identity.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """An enrolled agent and where its fleet is. `directory` holds the files."""

    agent: str
    mqtt_host: str
    mqtt_port: int
    http_url: str
    directory: Path

    @property
    def key(self) -> Path:
        """Private key, PEM, P-256, readable by its owner only."""
        return self.directory / _KEY

    @property
    def certificate(self) -> Path:
        """Certificate, PEM, leaf first."""
        return self.directory / _CERTIFICATE

    @property
    def authorities(self) -> Path:
        """The roots that the fleet's servers are trusted by, PEM."""
        return self.directory / _AUTHORITIES

    def lifetime(self) -> tuple[datetime, datetime]:
        """From when to when the certificate is valid."""
        leaf = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return leaf.not_valid_before_utc, leaf.not_valid_after_utc

    def server_trust(self) -> ssl.SSLContext:
        """TLS 1.2 or later to servers of the fleet, without showing a certificate."""
        context = ssl.create_default_context(cafile=str(self.authorities))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def mutual_trust(self) -> ssl.SSLContext:
        """TLS 1.2 or later, showing this agent's certificate."""
        context = self.server_trust()
        context.load_cert_chain(self.certificate, self.key)
        return context


class IdentityStore:
    """The identity below a data directory, and the one that may replace it. Methods block.

    Args:
        data: the data directory.
        overrides: fields of `Identity` that the room's configuration knows better.
    """

    def __init__(self, data: Path, overrides: Mapping[str, Any] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._current = data / "identity"
        self._next = data / "identity.next"
        self._old = data / "identity.old"

    def load(self) -> Identity | None:
        """The identity in use, or None before enrolment."""
        if not self._current.exists() and self._next.exists():
            # The power went between the two renames of `promote`.
            self._next.rename(self._current)
        return self._read(self._current)

    def require(self) -> Identity:
        """The identity in use.

        Raises:
            NotEnrolled: there is none.
        """
        identity = self.load()
        if identity is None:
            raise NotEnrolled(
                f"no identity in {self._current}; ask the fleet's staff for a claim token and run "
                "`edge-agent enrol --config room.toml --fleet URL`"
            )
        return identity

    def candidate(self) -> Identity | None:
        """A renewed identity that has not been tried yet."""
        return self._read(self._next)

    def save(self, key: bytes, enrolment: Enrolment, *, renewed: bool = False) -> Identity:
        """Keep an identity; a renewed one as candidate."""
        target = self._next if renewed else self._current
        building = target.with_name(target.name + ".tmp")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True, mode=0o700)
        facts = {
            "agent": enrolment.agent,
            "mqtt_host": enrolment.mqtt_host,
            "mqtt_port": enrolment.mqtt_port,
            "http_url": enrolment.http_url.rstrip("/"),
        }
        _write(building / _KEY, key)
        _write(building / _CERTIFICATE, enrolment.certificate.encode())
        _write(building / _AUTHORITIES, enrolment.authorities.encode())
        _write(building / _FACTS, json.dumps(facts, indent=2).encode())
        sync_directory(building)
        if target.exists():
            shutil.rmtree(self._old, ignore_errors=True)
            target.rename(self._old)
        building.rename(target)
        sync_directory(target.parent)
        saved = self._read(target)
        assert saved is not None  # noqa: S101 - every file of it was just written
        return saved

    def promote(self) -> Identity:
        """The candidate works: it becomes the identity."""
        shutil.rmtree(self._old, ignore_errors=True)
        self._current.rename(self._old)
        self._next.rename(self._current)
        sync_directory(self._current.parent)
        shutil.rmtree(self._old, ignore_errors=True)
        return self.require()

    def reject(self) -> None:
        """The candidate does not work: forget it; renewal is tried again."""
        shutil.rmtree(self._next, ignore_errors=True)

    def _read(self, directory: Path) -> Identity | None:
        names = (_KEY, _CERTIFICATE, _AUTHORITIES, _FACTS)
        if not all((directory / name).is_file() for name in names):
            return None
        facts = json.loads((directory / _FACTS).read_bytes())
        identity = Identity(
            facts["agent"], facts["mqtt_host"], facts["mqtt_port"], facts["http_url"], directory
        )
        return replace(identity, **self._overrides)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600), "wb"
    ) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
