"""A process with a session and busy threads that forks: what parent and children get, as one line of JSON.

Run as ``python -m tests.session.forking API_URL CA_BUNDLE FORKS SEED``.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import sys
import threading
import time
import warnings
from pathlib import Path

from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import FixedToken
from procore_jupyter.secret import Secret
from procore_jupyter.session.limits.rate_limit import shared_pace
from procore_jupyter.session.refreshing import RefreshingSession

PATIENCE = 30
"""Seconds after which a child that waits for a lock that nobody holds is ended."""


def main(url: str, ca_bundle: str, forks: int, seed: int) -> None:
    """Fork again and again while threads use the session, which parent and children go on to use."""
    warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, which is the point
    sys.setswitchinterval(1e-5)
    session = RefreshingSession(
        url,
        "https://login.procore.test",
        FixedToken(Token.given(Secret("a-token"), None, 0.0)),
        ca_bundle=ca_bundle or None,
        pace=shared_pace(Path(os.environ["HOME"]) / "pace.json"),
    )
    told: list[str] = []
    over = threading.Event()

    def ask(name: str) -> None:
        try:
            answer = session.get(f"/echo/{name}", timeout=20).json()["path"]
            if answer != f"/echo/{name}":
                told.append(f"{name} got {answer}")
        except Exception as error:
            told.append(f"{name}: {error!r}")

    def keep_asking(who: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            ask(f"thread-{who}-{number}")

    ask(
        "first"
    )  # Python's own locks of modules that are imported on first use don't survive a fork in that moment
    threads = [threading.Thread(target=keep_asking, args=(who,), daemon=True) for who in range(3)]
    for thread in threads:
        thread.start()
    chance = random.Random(seed)
    children = []
    for number in range(forks):
        time.sleep(chance.random() * 0.02)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            told.clear()
            for turn in range(3):
                ask(f"child-{number}-{turn}")
            os.write(write, json.dumps(told).encode())
            os._exit(0)
        os.close(write)
        children.append((child, read))
        ask(f"parent-{number}")
    for child, read in children:
        with os.fdopen(read) as pipe:
            told += json.loads(pipe.read() or '["a child hung"]')
        os.waitpid(child, 0)
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
