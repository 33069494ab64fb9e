"""An app as the provider sees it: requests to its endpoints, without any client library between."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from procore_jupyter.demo.app import DemoProcore
from tests.people import new_browser, sign_in_at

REDIRECT = "http://localhost"
VERIFIER = "a-verifier-of-the-right-length-0123456789-abcdefg"


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Clock:
    """A clock that goes only when told."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class App:
    """The demo's app (or another, by its credentials) and a person in front of a browser."""

    demo: DemoProcore
    client_id: str
    client_secret: str
    browser: requests.Session = field(default_factory=new_browser)

    def authorize_url(self, **changes: str | None) -> str:
        """Return a link to click; a change to None leaves the parameter out."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "state": "s t/ä&=+",
            **changes,
        }
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.demo.url}/oauth/authorize?{urlencode(given)}"

    def code(self, **changes: str | None) -> str:
        """Sign in and return the code."""
        answer = parse_qs(urlsplit(sign_in_at(self.authorize_url(**changes), browser=self.browser)).query)
        return answer["code"][0]

    def token(self, **fields: str | None) -> requests.Response:
        """Ask the token endpoint with our credentials; a field of None is left out."""
        form = {"client_id": self.client_id, "client_secret": self.client_secret, **fields}
        given = {name: value for name, value in form.items() if value is not None}
        return requests.post(f"{self.demo.url}/oauth/token", data=given, timeout=20)

    def exchange(self, code: str, **changes: str | None) -> requests.Response:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **changes}
        return self.token(**fields)

    def refresh(self, refresh_token: str, **changes: str | None) -> requests.Response:
        return self.token(**{"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    def service_account(self, **changes: str | None) -> requests.Response:
        return self.token(**{"grant_type": "client_credentials", **changes})

    def signed_in(self) -> dict[str, str]:
        """Return the token answer of a whole sign-in."""
        return dict(self.exchange(self.code()).json())

    def revoke(self, **fields: str | None) -> requests.Response:
        form = {"client_id": self.client_id, "client_secret": self.client_secret, **fields}
        given = {name: value for name, value in form.items() if value is not None}
        return requests.post(f"{self.demo.url}/oauth/revoke", data=given, timeout=20)

    def info(self, access_token: str | None) -> requests.Response:
        headers = {} if access_token is None else {"Authorization": f"Bearer {access_token}"}
        return requests.get(f"{self.demo.url}/oauth/token/info", headers=headers, timeout=20)

    def get(
        self, path: str, access_token: str | None, company: int | None = None, **headers: str
    ) -> requests.Response:
        """Ask the API."""
        if access_token is not None:
            headers["Authorization"] = f"Bearer {access_token}"
        if company is not None:
            headers["Procore-Company-Id"] = str(company)
        return requests.get(self.demo.url + path, headers=headers, timeout=20)
