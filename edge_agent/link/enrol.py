"""Becoming an agent of a fleet: the key is made here, only a signing request leaves the PC."""

import asyncio
import logging
import ssl
from pathlib import Path

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.http import ENROL_PATH, RENEW_PATH, Enrolment, EnrolRequest, RenewRequest
from contract.topics import is_agent_id
from edge_agent.errors import Refused, Unreachable
from edge_agent.link.identity import Identity, IdentityStore
from edge_agent.link.token import TokenSigner

logger = logging.getLogger(__name__)

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT = httpx.Timeout(30.0)


async def enrol(
    data: Path, fleet_url: str, claim: str, *, authority: Path | None = None
) -> Identity:
    """Exchange a claim token for an identity and keep it below `data`.

    Args:
        data: the agent's data directory.
        fleet_url: where the fleet's pages are, e.g. `https://fleet.example`.
        claim: the one-time token a person was given for this room.
        authority: PEM file to trust the fleet's server by; None is the system's authorities.

    Raises:
        Refused: the token is unknown, used or expired, or the answer makes no sense.
        Unreachable: no answer, or a server that cannot be trusted.
    """
    _refuse_plain(fleet_url)
    try:
        trust = ssl.create_default_context(cafile=str(authority) if authority else None)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"{authority}: not a PEM file of authorities ({error})") from error
    key, csr = _key_and_request()
    url = fleet_url.rstrip("/") + ENROL_PATH
    answer = await _post(url, EnrolRequest(claim=claim.strip(), csr=csr), trust, bearer=None)
    return await asyncio.to_thread(IdentityStore(data).save, key, _checked(answer))


async def renew(store: IdentityStore, identity: Identity, signer: TokenSigner) -> Identity:
    """Fetch a certificate for a new key; it is kept as the store's candidate.

    Raises:
        Refused: the fleet does not renew this agent.
        Unreachable: try again later.
    """
    key, csr = _key_and_request()
    url = identity.http_url + RENEW_PATH
    answer = await _post(url, RenewRequest(csr=csr), identity.server_trust(), signer.bearer())
    enrolment = _checked(answer)
    if enrolment.agent != identity.agent:
        raise Refused(f"the fleet renewed {enrolment.agent}, not {identity.agent}")
    return await asyncio.to_thread(store.save, key, enrolment, renewed=True)


def _key_and_request() -> tuple[bytes, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    # The fleet chooses the name; a CSR has to have one.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "classroom")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private, csr.public_bytes(serialization.Encoding.PEM).decode()


async def _post(
    url: str, body: msgspec.Struct, trust: ssl.SSLContext, bearer: str | None
) -> Enrolment:
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    try:
        async with httpx.AsyncClient(verify=trust, timeout=_TIMEOUT) as client:
            response = await client.post(url, content=msgspec.json.encode(body), headers=headers)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url}: {error or type(error).__name__}") from error
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise Unreachable(f"{url}: the fleet answered {response.status_code}; try again later")
    if not response.is_success:
        raise Refused(f"{url}: the fleet answered {response.status_code}: {_why(response)}")
    try:
        return msgspec.json.decode(response.content, type=Enrolment)
    except msgspec.DecodeError as error:
        raise Refused(f"{url}: not the answer of a fleet ({error})") from error


def _why(response: httpx.Response) -> str:
    try:
        document = response.json()
        return str(document["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _refuse_plain(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused(f"{url}: not an address ({error})") from error
    if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _LOOPBACK):
        raise Refused(f"{url}: only https:// keeps a claim and recordings secret on the way")


def _checked(enrolment: Enrolment) -> Enrolment:
    _refuse_plain(enrolment.http_url)
    if not is_agent_id(enrolment.agent):
        raise Refused(f"the fleet gave a name that is none: {enrolment.agent!r}")
    try:
        x509.load_pem_x509_certificates(enrolment.certificate.encode())
        x509.load_pem_x509_certificates(enrolment.authorities.encode())
    except ValueError as error:
        raise Refused(f"the fleet's answer holds no usable certificate: {error}") from error
    return enrolment
