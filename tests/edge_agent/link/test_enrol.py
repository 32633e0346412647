import asyncio
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwk, jwt

from contract.http import RENEW_PATH
from edge_agent.durable import sync_directory
from edge_agent.errors import NotEnrolled, Refused, Unreachable
from edge_agent.link.enrol import enrol, renew
from edge_agent.link.identity import IdentityStore, _write
from edge_agent.link.token import TokenSigner
from tests.fakes.enrolment_server import EnrolmentServer
from tests.servers.certificates import Authority


@pytest.fixture
def server(authority: Authority) -> Iterator[EnrolmentServer]:
    started = EnrolmentServer(authority)
    started.start()
    yield started
    started.stop()


def enrolled(tmp_path: Path, server: EnrolmentServer, authority: Authority) -> IdentityStore:
    asyncio.run(enrol(tmp_path / "room", server.url, " good\n", authority=authority.ca))
    return IdentityStore(tmp_path / "room")


def test_a_claim_becomes_an_identity_and_the_key_stays_here(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    identity = enrolled(tmp_path, server, authority).require()

    assert (identity.agent, identity.mqtt_port, identity.http_url) == ("room-9", 8883, server.url)
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
    assert certificate.public_key() == key.public_key()
    assert "PRIVATE" not in str(server.asked)
    if os.name == "posix":
        assert stat.S_IMODE(identity.key.stat().st_mode) == 0o600
        assert stat.S_IMODE(identity.directory.stat().st_mode) == 0o700


def test_nothing_is_written_when_the_fleet_says_no(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    server.claim = "another"

    with pytest.raises(Refused, match="this claim is used or unknown"):
        enrolled(tmp_path, server, authority)

    assert not (tmp_path / "room").exists()
    with pytest.raises(NotEnrolled):
        IdentityStore(tmp_path / "room").require()


def test_a_fleet_that_is_not_trusted_gets_no_claim(tmp_path: Path, server: EnrolmentServer) -> None:
    with pytest.raises(Unreachable, match=r"(?i)certificate"):
        asyncio.run(enrol(tmp_path, server.url, "good"))

    assert server.asked == []


@pytest.mark.parametrize("url", ["http://fleet.example", "fleet.example", "ftp://localhost", "//"])
def test_a_claim_is_sent_over_https_only(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refused, match="https"):
        asyncio.run(enrol(tmp_path, url, "good"))


@pytest.mark.parametrize(
    ("status", "error"), [(429, Unreachable), (503, Unreachable), (400, Refused)]
)
def test_it_says_whether_trying_again_helps(
    tmp_path: Path,
    server: EnrolmentServer,
    authority: Authority,
    status: int,
    error: type[Exception],
) -> None:
    server.status = status

    with pytest.raises(error):
        enrolled(tmp_path, server, authority)


def test_an_answer_that_makes_no_sense_is_refused(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    server.certificate = "-----BEGIN NOTHING-----"
    with pytest.raises(Refused, match="no usable certificate"):
        enrolled(tmp_path, server, authority)
    server.agent = "Fleet"
    with pytest.raises(Refused, match="name that is none"):
        enrolled(tmp_path, server, authority)


def test_a_file_that_is_no_authority_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("nothing")

    with pytest.raises(Refused, match=r"ca\.pem"):
        asyncio.run(enrol(tmp_path, "https://localhost:1", "good", authority=bad))


def test_renewal_keeps_the_old_pair_until_the_new_one_is_promoted(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    store = enrolled(tmp_path, server, authority)
    old = store.require()
    before = old.key.read_bytes()
    signer = TokenSigner(store, lambda: datetime.now(UTC))

    asyncio.run(renew(store, old, signer))

    path, headers, _ = server.asked[-1]
    assert path == RENEW_PATH
    token = headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, jwk.ECKey.import_key(before), ["ES256"]).claims
    assert claims["iss"] == claims["sub"] == "room-9"
    assert store.require().key.read_bytes() == before
    candidate = store.candidate()
    assert candidate is not None
    after = candidate.key.read_bytes()
    assert after != before
    assert store.promote().key.read_bytes() == after
    assert store.candidate() is None


def test_a_fleet_that_renews_someone_else_is_refused(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    store = enrolled(tmp_path, server, authority)
    server.agent = "room-10"
    signer = TokenSigner(store, lambda: datetime.now(UTC))

    with pytest.raises(Refused, match="room-10"):
        asyncio.run(renew(store, store.require(), signer))

    assert store.candidate() is None


@pytest.mark.parametrize("dies_at", range(1, 25))
def test_a_power_cut_at_any_step_leaves_a_whole_identity(
    tmp_path: Path,
    server: EnrolmentServer,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    dies_at: int,
) -> None:
    """Renewal and promotion, cut before each rename, open, sync and deletion in turn."""
    store = enrolled(tmp_path, server, authority)
    signer = TokenSigner(store, lambda: datetime.now(UTC))
    steps = 0

    class PowerCut(BaseException):
        pass

    def cutting(real: Callable) -> Callable:
        def step(*args: object, **kwargs: object) -> object:
            nonlocal steps
            steps += 1
            if steps == dies_at:
                raise PowerCut
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", cutting(Path.rename))
        patched.setattr(Path, "mkdir", cutting(Path.mkdir))
        patched.setattr("edge_agent.link.identity._write", cutting(_write))
        patched.setattr("edge_agent.link.identity.sync_directory", cutting(sync_directory))
        patched.setattr("edge_agent.link.identity.shutil.rmtree", cutting(shutil.rmtree))
        cut = True
        try:
            asyncio.run(renew(store, store.require(), signer))
            store.promote()
            cut = False
        except PowerCut:
            pass

    assert cut or dies_at > 12
    identity = IdentityStore(tmp_path / "room").require()
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
    assert certificate.public_key() == key.public_key()


def test_the_rooms_configuration_may_know_better_where_the_fleet_is(
    tmp_path: Path, server: EnrolmentServer, authority: Authority
) -> None:
    enrolled(tmp_path, server, authority)

    identity = IdentityStore(tmp_path / "room", {"mqtt_host": "broker.example"}).require()

    assert (identity.mqtt_host, identity.agent) == ("broker.example", "room-9")
