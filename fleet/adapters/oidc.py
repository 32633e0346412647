"""An OpenID provider: discovery, the code flow with PKCE, and ID tokens checked by its keys."""

import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from fleet.auth.ports import Identity
from fleet.errors import Refused
from fleet.web.language import gettext as _

with warnings.catch_warnings():  # it would rather have a successor of httpx, on every start
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures that are believed. Never `none`, never a secret that both sides share."""

_METADATA_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
_TIMEOUT = 10.0


class OidcProvider:
    """See `auth.ports.OutsideProvider`. Thread-safe.

    Args:
        name: what people call it.
        issuer: its address, exactly as it calls itself.
        client_id: as what it knows us.
        secret_file: a file with the secret it gave us; None for a public client.
        redirect: where it sends people back to.
        authorities: PEM file of the authorities its certificate is checked by; None: the system's.
    """

    def __init__(
        self,
        name: str,
        issuer: str,
        client_id: str,
        secret_file: Path | None,
        redirect: str,
        authorities: Path | None = None,
    ) -> None:
        self.name = name
        self._issuer = issuer
        self._client_id = client_id
        self._secret_file = secret_file
        self._redirect = redirect
        self._authorities = authorities
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._read_at = 0.0

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send a browser."""
        with self._client() as client:
            endpoint = self._known(client)["authorization_endpoint"]
            address, _state = client.create_authorization_url(
                endpoint, state=state, code_verifier=verifier, nonce=nonce
            )
        return str(address)

    def identity(self, code: str, issuer: str, nonce: str, verifier: str) -> Identity:
        """Who came back with a code."""
        with self._client() as client:
            known = self._known(client)
            if issuer != self._issuer and (
                issuer or known.get("authorization_response_iss_parameter_supported")
            ):
                raise Refused(_("That answer came from another provider. Sign in again."))
            given = client.fetch_token(
                known["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
            keys = (
                client.request("GET", known["jwks_uri"], withhold_token=True)
                .raise_for_status()
                .json()
            )
            claims = self._claims(str(given["id_token"]), keys, nonce)
            if "email" not in claims and "userinfo_endpoint" in known:
                more = client.get(known["userinfo_endpoint"]).raise_for_status().json()
                if more.get("sub") == claims["sub"]:
                    claims = {**more, **claims}
        email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
        return Identity(self._issuer, str(claims["sub"])[:255], email.strip().lower())

    def _claims(self, token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(found)
        audience = found["aud"]
        alone = isinstance(audience, str) or len(audience) == 1
        if found.get("azp", None if not alone else self._client_id) != self._client_id:
            raise Refused(_("That answer was meant for another program. Sign in again."))
        return found

    def _known(self, client: OAuth2Client) -> dict[str, Any]:
        """What the provider says of itself; asked again after an hour."""
        with self._lock:
            if self._metadata and time.monotonic() - self._read_at < _METADATA_SECONDS:
                return self._metadata
            address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            found = client.request("GET", address, withhold_token=True).raise_for_status().json()
            if found["issuer"] != self._issuer:
                raise Refused(_("The provider calls itself otherwise than it is set here."))
            self._metadata, self._read_at = found, time.monotonic()
            return self._metadata

    @contextmanager
    def _client(self) -> Iterator[OAuth2Client]:
        """A client whose every failure is a Refused that says no secret."""
        context = ssl.create_default_context(cafile=self._authorities)
        try:
            secret = self._secret_file.read_text().strip() if self._secret_file else None
            with OAuth2Client(
                self._client_id,
                secret,
                token_endpoint_auth_method="client_secret_basic" if secret else "none",
                scope="openid email",
                redirect_uri=self._redirect,
                code_challenge_method="S256",
                timeout=_TIMEOUT,
                verify=context,
            ) as client:
                yield client
        except (httpx.HTTPError, OSError) as error:
            text = _("%(name)s cannot be reached. Try again later.", name=self.name)
            raise Refused(text) from error
        except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
            text = _("%(name)s did not confirm who you are. Sign in again.", name=self.name)
            raise Refused(text) from error
