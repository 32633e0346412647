"""A throwaway certificate authority, for tests of one side without the fleet's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Issues P-256 certificates into a directory; `ca` is its own, PEM."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Lectern test authority")
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = (
            self._builder(self._name, self._key.public_key(), timedelta(days=1))
            .add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def client(self, name: str, lifetime: timedelta = timedelta(days=1)) -> Pair:
        """A client's certificate with CN `name`; a negative lifetime gives an expired one."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, lifetime)

    def server(self, name: str = "localhost") -> Pair:
        """A server's certificate for `name`, localhost and 127.0.0.1."""
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, timedelta(days=1))

    def revocations(self, *pairs: Pair) -> Path:
        """A CRL, PEM, that names the certificates of `pairs`."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder(
            self._name, last_update=now, next_update=now + timedelta(days=1)
        )
        for pair in pairs:
            certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
            revoked = x509.RevokedCertificateBuilder(certificate.serial_number, now).build()
            builder = builder.add_revoked_certificate(revoked)
        path = self.directory / "crl.pem"
        signed = builder.sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        return path

    def _issue(self, name: str, use: x509.ObjectIdentifier, lifetime: timedelta) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key.public_key(), lifetime)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if use == ExtendedKeyUsageOID.SERVER_AUTH:
            names = [x509.DNSName(name), x509.DNSName("localhost")]
            addresses = [x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(
                x509.SubjectAlternativeName([*names, *addresses]), critical=False
            )
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = Pair(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        start = now - timedelta(days=2)
        return x509.CertificateBuilder(
            self._name, subject, key, x509.random_serial_number(), start, now + lifetime
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
