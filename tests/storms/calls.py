"""Runs inside a kernel: many threads that call an endpoint all the time, as a notebook with a thread pool does."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import requests

ME = "/rest/v1.0/me"


class Storm:
    """Threads that call an endpoint until they are stopped. What fails is written down at once: the kernel may be killed.

    Parameters
    ----------
    session : requests.Session
        Whose ``get`` is called, with a relative address.
    log : str
        The file that each failure is appended to, as a line of JSON: when, and what.
    threads : int
        How many.
    pause : float
        Seconds between two calls of a thread; five times as long after a failed one.
    login : str
        Who must be signed in; empty for anybody.
    """

    def __init__(
        self, session: requests.Session, log: str, *, threads: int = 8, pause: float = 0.02, login: str = ""
    ) -> None:
        self._session, self._log, self._pause, self._login = session, Path(log), pause, login
        self._stopping, self._writing = threading.Event(), threading.Lock()
        self._calls = [0] * threads
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def calls(self) -> int:
        """How many calls have succeeded."""
        return sum(self._calls)

    @property
    def laziest(self) -> int:
        """How many calls of the thread that got through least often have succeeded."""
        return min(self._calls)

    def stop(self) -> None:
        """Return when all threads have ended."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a call hangs"

    def _work(self, number: int) -> None:
        while not self._stopping.is_set():
            problem = self._call()
            if problem is None:
                self._calls[number] += 1
            else:
                with self._writing, self._log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"time": time.time(), "problem": problem}) + "\n")
            self._stopping.wait(self._pause if problem is None else 5 * self._pause)

    def _call(self) -> str | None:
        """Call once; return what went wrong."""
        try:
            answer = self._session.get(ME)
            if answer.status_code != 200:
                return f"{answer.status_code} {answer.text}"
            if self._login and answer.json()["login"] != self._login:
                return f"{answer.json()['login']} answered for {self._login}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None
