"""The time that a person who comes back from Procore waits for the notebook.

Claim: from the callback's arrival at a real Jupyter server to a usable session in the kernel, it takes under 100 ms more
than the provider's own token answer. Beside it stands that answer alone, requested by a plain `requests.post` in the
same turn from the same provider. Median of 20.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from table import milliseconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

import procore_jupyter
from procore_jupyter.demo.app import DemoProcore
from tests.people import sign_in_at
from tests.servers import JupyterServerProcess

ROUNDS = 20
"""Logins that count."""

LIMIT = 0.100
"""Seconds: the claim."""


def token_answer_alone(provider: DemoProcore) -> float:
    """Return the seconds that a script takes to exchange a code."""
    callback = "http://localhost"
    link = f"{provider.url}/oauth/authorize?response_type=code&client_id={provider.client_id}&redirect_uri={callback}&state=x"
    code = parse_qs(urlsplit(sign_in_at(link)).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "redirect_uri": callback,
    }
    started = time.perf_counter()
    answer = requests.post(f"{provider.url}/oauth/token", data=form, timeout=60)
    took = time.perf_counter() - started
    assert answer.json()["access_token"]
    return took


def callback_to_session(provider: DemoProcore, server: JupyterServerProcess, turn: int) -> float:
    """Return the seconds from the browser's request to the callback until the session is usable."""
    procore = procore_jupyter.connect(
        f"LoginURL={provider.url};APIURL={provider.url};CallbackURL={server.callback_url};"
        f"OAuthClientId={provider.client_id};OAuthClientSecret={provider.client_secret};"
        f"OAuthSettingsLocation={server.folder}/bench/tokens-{turn}.json",
        show=lambda flow: None,
    )
    flow = procore.login_flow
    assert flow is not None and flow.open_receivers[0] == "server"
    address = sign_in_at(flow.authorize_url)
    browser = threading.Thread(target=requests.get, args=(address,), kwargs={"timeout": 60})
    started = time.perf_counter()
    browser.start()
    flow.wait()
    took = time.perf_counter() - started
    browser.join()
    assert procore.get("/rest/v1.0/me").status_code == 200
    return took


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    ours, alone = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoProcore() as provider,
        JupyterServerProcess(Path(folder)) as server,
    ):
        provider.add_redirect_uri(server.callback_url)
        os.environ["JUPYTER_RUNTIME_DIR"] = str(server.runtime_folder)
        os.environ["JPY_PARENT_PID"] = str(server.process.pid)
        for turn in range(ROUNDS):
            alone.append(token_answer_alone(provider))
            ours.append(callback_to_session(provider, server, turn))
    more = statistics.median(ours) - statistics.median(alone)
    show(
        "Coming back from Procore",
        [
            ("the provider's token answer alone", milliseconds(alone)),
            ("callback until the session is usable", milliseconds(ours)),
            ("  beyond the token answer", f"{more * 1000:8.2f} ms"),
        ],
        "under 100 ms more than the provider's own token answer",
        more < LIMIT,
    )
    return 0 if more < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
