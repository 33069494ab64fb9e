"""A kernel of its own process, for the tests of what kernels share. Speaks in lines on stdout.

``worker.py STORE URL CLIENT_ID CLIENT_SECRET storm THREADS SECONDS`` | ``… renew`` | ``… leave``
"""

from __future__ import annotations

import json
import sys
import threading
import time
import warnings

import requests

from procore_jupyter.errors import ProcoreError
from procore_jupyter.oauth.client import OAuthClient, OAuthEndpoints
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret

warnings.simplefilter("error")


def main() -> None:
    location, url, client_id, client_secret, what, *numbers = sys.argv[1:]
    endpoints = OAuthEndpoints(
        *(f"{url}/oauth/{path}" for path in ("authorize", "token", "token/info", "revoke"))
    )
    client = OAuthClient(endpoints, client_id, Secret(client_secret), timeout=20)
    source = TokenSource(client, open_store(location), TokenKey("127.0.0.1", client_id))
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "storm":
        print(
            json.dumps(storm(source, f"{url}/rest/v1.0/me", int(numbers[0]), float(numbers[1]))), flush=True
        )
    elif what == "leave":
        token = source.current()
        threading.Thread(target=source.renewed, args=(token,), daemon=True).start()
        sys.stdin.readline()  # and ends, whatever is under way
    else:
        try:
            token = source.current()
            source.renewed(token)
            print("renewed", flush=True)
        except ProcoreError as error:
            print(type(error).__name__, error, flush=True)


def storm(source: TokenSource, url: str, threads: int, seconds: float) -> dict[str, object]:
    """Call an endpoint from many threads as a session does: one repeat with a renewed token after a 401."""
    failed: list[str] = []
    calls = [0] * threads
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        session = requests.Session()
        session.trust_env = False
        while time.monotonic() < end:
            try:
                token = source.current()
                for last in (False, True):
                    bearer = {"Authorization": f"Bearer {token.access_token.reveal()}"}
                    answer = session.get(url, headers=bearer, timeout=20)
                    if answer.status_code != 401 or last:
                        break
                    token = source.renewed(token)
                if answer.status_code != 200:
                    failed.append(f"{answer.status_code} {answer.text}")
            except Exception as error:
                failed.append(f"{type(error).__name__}: {error}")
            calls[number] += 1
            time.sleep(0.01)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return {"calls": sum(calls), "failed": failed}


if __name__ == "__main__":
    main()
