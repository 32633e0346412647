"""The fleet's certificate authority on disk."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from fleet.classrooms.authority import Authority
from fleet.errors import Refused


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    directory = tmp_path / "authority"

    first = Authority.open(directory)
    again = Authority.open(directory)

    assert first.authorities == again.authorities
    assert (directory / "authority.pem").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in (directory / "authorities.pem").read_text()


def test_two_who_start_at_once_make_one(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(Authority.open(tmp_path / "a").authorities))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_broken_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_text("half of a key")

    with pytest.raises(Refused, match="put the backup back"):
        Authority.open(tmp_path)

    assert (tmp_path / "authority.pem").read_text() == "half of a key"


def test_server_certificates_are_kept_until_their_names_change(tmp_path: Path) -> None:
    authority = Authority.open(tmp_path)

    first = authority.server_pair(("localhost", "127.0.0.1", "::1")).certificate.read_bytes()
    same = authority.server_pair(("localhost", "127.0.0.1", "::1")).certificate.read_bytes()
    other = authority.server_pair(("localhost", "fleet.example.org")).certificate.read_bytes()

    names = x509.load_pem_x509_certificate(other).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert first == same != other
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost", "fleet.example.org"]
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600


def test_the_revocation_list_names_serials(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = Authority.open(tmp_path)

    crl = x509.load_pem_x509_crl(authority.revocation_list({"abc": now}, now, 24))

    issuer = x509.load_pem_x509_certificate(authority.authorities.encode())
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert [entry.serial_number for entry in crl] == [0xABC]
    assert crl.next_update_utc is not None
    assert (crl.next_update_utc - now).total_seconds() == pytest.approx(86_400, abs=2)
