"""What tests of connecting share: strings for the embedded Procore, and people who follow its links."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests

from procore_jupyter import Procore
from procore_jupyter.connection.assemble import How, open_connection
from procore_jupyter.connection.lookup import settings_for
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.login.flow import LoginFlow
from tests.people import sign_in_at

OOB = "urn:ietf:wg:oauth:2.0:oob"
ONE_COMPANY = "Lee Okafor"


def connect(
    text: str = "",
    *,
    account: str | None = None,
    names: Mapping[str, object] | None = None,
    lines: bool = False,
    **how: Any,
) -> Procore:
    """Connect as `procore_jupyter.connect` and the magic do, with anything that `How` can say."""
    return open_connection(settings_for(text, names=names, account=account, lines=lines), How(**how))


def text_for(demo: DemoProcore, **properties: str) -> str:
    """Return a connection string for a running embedded Procore, the answer pasted, with more properties."""
    given = {
        "LoginURL": demo.url,
        "APIURL": demo.url,
        "OAuthClientId": demo.client_id,
        "OAuthClientSecret": demo.client_secret,
        "CallbackURL": OOB,
        **properties,
    }
    return ";".join(f"{name}={value}" for name, value in given.items() if value)


def free_callback(demo: DemoProcore) -> str:
    """Return a redirect URI on a free port of this machine, registered with the demo's app."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{probe.getsockname()[1]}/callback"
    demo.add_redirect_uri(uri)
    return uri


def sign_in(flow: LoginFlow, *, allow: bool = True, person: str | None = None) -> None:
    """Do what a person does: follow the link, allow or deny, and bring the answer back."""
    where = sign_in_at(flow.authorize_url, allow=allow, person=person)
    if flow.redirect_uri == OOB:
        assert flow.paste(where) is None
    else:
        with requests.Session() as browser:
            browser.trust_env = False
            browser.get(where, timeout=20)


def signed_in(demo: DemoProcore, *, person: str | None = None, **properties: str) -> Procore:
    """Return a session that a person has just signed in for."""
    flows: list[LoginFlow] = []
    procore = connect(text_for(demo, **properties), show=flows.append)
    if flows:
        sign_in(flows[0], person=person)
        flows[0].wait(20)
    return procore


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.01)
