"""Certificates and revocation lists as pure builders: RFC 5280, P-256, SHA-256."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.errors import Refused

BACKDATED = timedelta(days=30)
"""Rooms with a clock that is behind must already trust the fleet's certificates."""

ROOT_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=397)


@dataclass(frozen=True, slots=True)
class Signer:
    """The authority's certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """A self-signed authority that may sign leaves only."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lectern fleet authority")])
    usage = _usage(key_cert_sign=True, crl_sign=True)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def client(
    signer: Signer, name: str, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.Certificate:
    """A leaf with CN `name` that can only be used as a client."""
    uri = x509.UniformResourceIdentifier(f"urn:lectern:agent:{name}")
    names = x509.SubjectAlternativeName([uri])
    start = now - timedelta(minutes=5)
    return _leaf(signer, name, key, start, now + life, ExtendedKeyUsageOID.CLIENT_AUTH, names)


def server(
    signer: Signer, names: Iterable[str], key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.Certificate:
    """A leaf for TLS servers that answer under `names`, host names or addresses."""
    listed = list(names)
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in listed])
    return _leaf(
        signer,
        listed[0][:64],
        key,
        now - BACKDATED,
        now + SERVER_LIFE,
        ExtendedKeyUsageOID.SERVER_AUTH,
        alternatives,
    )


def revocation_list(
    signer: Signer, revoked: Mapping[str, datetime], now: datetime, life: timedelta
) -> bytes:
    """PEM of the CRL. `revoked` is hexadecimal serial → when it was revoked."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(now - timedelta(minutes=5))
        .next_update(now + life)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for serial, at in revoked.items():
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(int(serial, 16))
            .revocation_date(at)
            .build()
        )
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def key_of_request(csr: str) -> ec.EllipticCurvePublicKey:
    """The public key of a signing request, proved by its signature; all else in it is ignored.

    Raises:
        Refused: not a PEM request, not P-256, or not signed by its own key.
    """
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        proved = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Refused("csr: not a PEM certificate signing request") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused("csr: the key must be an elliptic curve key on P-256")
    if not proved:
        raise Refused("csr: its signature does not fit its key")
    return key


def public_pem(key: ec.EllipticCurvePublicKey) -> str:
    """A public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def pem(certificate: x509.Certificate) -> str:
    """A certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _leaf(
    signer: Signer,
    name: str,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
    purpose: x509.ObjectIdentifier,
    names: x509.SubjectAlternativeName,
) -> x509.Certificate:
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(signer.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(start, signer.certificate.not_valid_before_utc))
        .not_valid_after(min(end, signer.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(issuer_key, critical=False)
        .add_extension(names, critical=False)
        .sign(signer.key, hashes.SHA256())
    )


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
