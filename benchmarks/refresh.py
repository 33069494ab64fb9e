"""The time that renewing a token adds to the provider's own answer.

Claim: under 5 ms (median), although our renewal locks out other kernels, reads the store again, and saves the new token
to the disk before using it. The provider's own answer is the same request over a bare `http.client` connection. Beside
them stands what a script would do: `requests.post`, and the answer written into a JSON file, without any protection.
The three take turns at one provider, each with a token of its own.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import requests
from table import milliseconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret
from tests.oauth.provider import code_of, endpoints_of

ROUNDS = 200
"""Renewals of each contestant that count."""

WARM_UP = 10
"""Renewals of each contestant before them."""

LIMIT = 0.005
"""Seconds: the claim."""


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    with tempfile.TemporaryDirectory() as folder, DemoProcore() as provider:
        client = OAuthClient(endpoints_of(provider.url), provider.client_id, Secret(provider.client_secret))

        def signed_in() -> dict[str, str]:
            token = client.exchange(code_of(provider), redirect_uri="http://localhost", code_verifier=None)
            assert token.refresh_token is not None
            return {
                "grant_type": "refresh_token",
                "refresh_token": token.refresh_token.reveal(),
                "client_id": provider.client_id,
                "client_secret": provider.client_secret,
            }

        bare, script, address = signed_in(), signed_in(), urlsplit(provider.url).netloc
        token = client.exchange(code_of(provider), redirect_uri="http://localhost", code_verifier=None)
        source = TokenSource(
            client, open_store(f"{folder}/ours/tokens.json"), TokenKey(address, provider.client_id)
        )
        source.adopt(token)

        def alone() -> None:
            connection = http.client.HTTPConnection(address, timeout=60)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
            connection.request("POST", "/oauth/token", urlencode(bare), headers)
            bare["refresh_token"] = json.loads(connection.getresponse().read())["refresh_token"]
            connection.close()

        def by_hand() -> None:
            answer = requests.post(f"{provider.url}/oauth/token", data=script, timeout=60)
            answer.raise_for_status()
            Path(folder, "token.json").write_text(answer.text)
            script["refresh_token"] = answer.json()["refresh_token"]

        def ours() -> None:
            source.renewed(source.current())

        ways: dict[str, Callable[[], None]] = {
            "the provider's own answer": alone,
            "requests.post and a JSON file": by_hand,
            "ours: locked, read again, saved": ours,
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(ROUNDS + WARM_UP):
            for name, renew in ways.items():
                started = time.perf_counter()
                renew()
                if turn >= WARM_UP:
                    took[name].append(time.perf_counter() - started)
    least, theirs, median = (statistics.median(found) for found in took.values())
    held = median - least < LIMIT
    show(
        "Renewing the sign-in",
        [
            *((name, milliseconds(found)) for name, found in took.items()),
            ("  ours beyond the provider's own answer", f"{(median - least) * 1000:8.2f} ms"),
            ("  ours beside the script's", f"{median / theirs:8.2f} times"),
        ],
        "under 5 ms more than the provider's own answer",
        held,
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
