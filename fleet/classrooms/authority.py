"""The fleet's own certificate authority: one key in one file, made on first start.

Whoever reads `authority.pem` can pretend to be any room: it is 0600, never leaves the data
directory and never travels. What others need to trust it is in `authorities.pem`.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from fleet.classrooms import certificates
from fleet.db import new_id
from fleet.errors import Refused

FLEET = "fleet"
"""CN of the fleet's own client certificate; the broker lets it use every topic of ours."""


_Make = Callable[[ec.EllipticCurvePublicKey, datetime], x509.Certificate]
_Fits = Callable[[x509.Certificate], bool]


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate just given: PEM, and what the registry keeps of it."""

    certificate: str
    serial: str
    expires: datetime
    public_key: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs what rooms and the fleet itself prove their identity with. Thread-safe."""

    def __init__(self, directory: Path, signer: certificates.Signer) -> None:
        self.directory = directory
        self.authorities = certificates.pem(signer.certificate)
        self._signer = signer

    @classmethod
    def open(cls, directory: Path) -> Self:
        """The authority kept in `directory`, made there when it is the first time.

        Raises:
            Refused: the file is there and cannot be read as a key and a certificate.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / "authority.pem"
        if not path.exists():
            _make(path)
        text = path.read_bytes()
        try:
            key = load_pem_private_key(text, password=None)
            certificate = x509.load_pem_x509_certificate(text)
        except ValueError as error:
            raise Refused(
                f"{path}: not a key and a certificate; put the backup back. Without it every "
                "room has to be enrolled again"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Refused(f"{path}: the key is not an elliptic curve key")
        authority = cls(directory, certificates.Signer(certificate, key))
        write_durably(authority.authorities_file, authority.authorities.encode(), 0o644)
        return authority

    @property
    def authorities_file(self) -> Path:
        """PEM of what others need to trust."""
        return self.directory / "authorities.pem"

    def sign_agent(self, agent: str, csr: str, now: datetime, days: float) -> Issued:
        """A client certificate for `agent`; only the key is taken from `csr`.

        Raises:
            Refused: see `certificates.key_of_request`.
        """
        key = certificates.key_of_request(csr)
        made = certificates.client(self._signer, agent, key, now, timedelta(days=days))
        return Issued(
            certificate=certificates.pem(made),
            serial=f"{made.serial_number:x}",
            expires=made.not_valid_after_utc,
            public_key=certificates.public_pem(key),
        )

    def revocation_list(
        self, revoked: Mapping[str, datetime], now: datetime, hours: float
    ) -> bytes:
        """PEM of a CRL with these serials, valid for `hours`."""
        life = timedelta(hours=hours)
        return certificates.revocation_list(self._signer, revoked, now, life)

    def server_pair(self, names: tuple[str, ...]) -> Pair:
        """The certificate of this fleet's TLS servers; renewed when a third of its life is left."""

        def make(key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
            return certificates.server(self._signer, names, key, now)

        def fits(found: x509.Certificate) -> bool:
            listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            wanted = {*names}
            return {str(name.value) for name in listed} == wanted

        return self._pair("server", make, fits)

    def client_pair(self, name: str = FLEET) -> Pair:
        """A client certificate for a part of the fleet itself."""

        def make(key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
            return certificates.client(self._signer, name, key, now, certificates.SERVER_LIFE)

        return self._pair(name, make, lambda _: True)

    def short_lived_pair(self, name: str) -> tuple[str, str]:
        """PEM of a client certificate and key that are good for a few minutes, in memory only."""
        key = ec.generate_private_key(ec.SECP256R1())
        life = timedelta(minutes=5)
        made = certificates.client(self._signer, name, key.public_key(), datetime.now(UTC), life)
        return certificates.pem(made), _key_pem(key).decode()

    def _pair(self, name: str, make: _Make, fits: _Fits) -> Pair:
        pair = Pair(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        now = datetime.now(UTC)
        while not self._still_good(pair, fits, now):  # another process may write its own meanwhile
            key = ec.generate_private_key(ec.SECP256R1())
            chain = certificates.pem(make(key.public_key(), now)) + self.authorities
            write_durably(pair.key, _key_pem(key), 0o600)
            write_durably(pair.certificate, chain.encode(), 0o644)
        return pair

    def _still_good(self, pair: Pair, fits: _Fits, now: datetime) -> bool:
        try:
            found = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
            key = load_pem_private_key(pair.key.read_bytes(), password=None)
        except (FileNotFoundError, ValueError):
            return False
        life = found.not_valid_after_utc - found.not_valid_before_utc
        return (
            found.issuer == self._signer.certificate.subject
            and key.public_key() == found.public_key()
            and now < found.not_valid_after_utc - life / 3
            and fits(found)
        )


def write_durably(path: Path, content: bytes, mode: int) -> None:
    """Replace a file so that after a power cut it is the old one or the new one, whole."""
    temporary = _write_beside(path, content, mode)
    temporary.replace(path)
    _sync(path.parent)


def _write_beside(path: Path, content: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.{new_id()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync(directory: Path) -> None:
    if os.name != "posix":
        return  # other systems cannot open a directory
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(path: Path) -> None:
    """Two processes may start at once: one of them makes the authority, both then use it."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certificates.root(key, datetime.now(UTC))
    content = _key_pem(key) + certificates.pem(certificate).encode()
    temporary = _write_beside(path, content, 0o600)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
    _sync(path.parent)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
