"""A real OpenID provider, the npm package `oidc-provider`, and a browser that signs in at it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import httpx

from tests.servers.child import Children
from tests.servers.ports import free_port

SECRET = "a secret of the provider"
SCRIPT = Path(__file__).parents[1] / "node" / "oidc_provider.mjs"
NODE = 18
"""The oldest Node that runs the package: Debian 12's. Releases from 9.0 on need a newer one."""


class Missing(RuntimeError):
    """Node or the package is not installed, or Node is too old for it."""


class Oidc:
    """A provider on a free loopback port. `verified`: whether it vouches for e-mail addresses."""

    def __init__(self, children: Children, redirect: str, *, verified: bool = True) -> None:
        modules = SCRIPT.parents[2] / "node_modules" / "oidc-provider"
        if shutil.which("node") is None or not modules.exists():
            raise Missing("node and `npm ci`")
        asked = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        here = asked.stdout.strip()
        if int(here.lstrip("v").partition(".")[0]) < NODE:
            raise Missing(f"Node {NODE} or newer for oidc-provider; here is {here}")
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self.redirect = redirect
        options = {"port": port, "redirect": redirect, "secret": SECRET, "verified": verified}
        child = children.start(["node", SCRIPT, json.dumps(options)], name="oidc")
        child.wait_for(r"listening", 30)

    def sign_in(self, address: str, login: str) -> str:
        """What a person does there; the address that the provider sends the browser back to."""
        with httpx.Client(follow_redirects=False) as browser:
            answer = browser.get(address)
            for _ in range(20):
                while answer.is_redirect:
                    target = urljoin(str(answer.url), answer.headers["location"])
                    if target.startswith(self.redirect):
                        return target
                    answer = browser.get(target)
                form = re.search(r'action="([^"]+)"', answer.text)
                assert form, answer.text
                data = {"prompt": "consent"}
                if 'name="login"' in answer.text:
                    data = {"prompt": "login", "login": login, "password": "any"}
                answer = browser.post(urljoin(str(answer.url), form[1]), data=data)
        raise AssertionError("the provider never sent the browser back")
