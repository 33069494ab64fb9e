"""A person at a terminal: a program in a pseudo-terminal, what it prints, what is typed."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Self

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()=>78]\S?)")
PATIENCE = 60.0  # seconds; the machine may be busy


class Terminal:
    """A program that runs in a terminal of its own.

    Parameters
    ----------
    command : sequence of str
        What to run.
    environment : mapping
        More environment variables.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        import pty
        import termios

        self.screen = ""
        self._read_to = 0
        self._own, theirs = pty.openpty()
        # A wide one: a link that is wrapped is no link.
        termios.tcsetwinsize(theirs, (50, 2000))
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb", **environment},
        )
        os.close(theirs)

    def expect(self, pattern: str) -> re.Match[str]:
        """Wait until the program has printed this, after what was expected before."""
        until = time.monotonic() + PATIENCE
        while not (found := re.compile(pattern).search(self.screen, self._read_to)):
            assert time.monotonic() < until and self._read(), f"no {pattern!r} in:\n{self.screen}"
        self._read_to = found.end()
        return found

    def type(self, line: str) -> None:
        """Type a line, and Enter."""
        os.write(self._own, f"{line}\n".encode())

    def end(self) -> int:
        """Wait for the program's end; return its exit code."""
        until = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < until, f"it goes on:\n{self.screen}"
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        """Read what is there, waiting a moment; tell whether more may come."""
        if select.select([self._own], [], [], 0.1)[0]:
            try:
                piece = os.read(self._own, 65536)
            except OSError:  # Linux says so when nobody has the other end any more
                return False
            self.screen += _ESCAPES.sub("", piece.decode(errors="replace")).replace("\r", "")
            return bool(piece)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
        os.close(self._own)
