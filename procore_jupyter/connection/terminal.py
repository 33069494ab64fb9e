"""The terminal as a front end: it prints a login's link, reads what is pasted without an echo, and draws progress as a line."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn, TextIO

from procore_jupyter.tables.progress import UNSEEN, Undrawn

if TYPE_CHECKING:
    from tqdm import tqdm

    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.tables.progress import Draw, Progress

PROMPT = "Paste the address your browser ended on, or the code (it is not shown), then Enter: "

_LOOK = 0.1  # seconds between two looks at whether the login is over
_MORE = 0.05  # seconds in which the next line of the same paste comes
_MOST = 65_536  # bytes of one paste


def is_there() -> bool:
    """Tell whether a person sits at this terminal."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:  # closed
        return False


def show(flow: LoginFlow) -> None:
    """Print the link. If the answer can only come back by hand, wait for the person to paste it."""
    say(str(flow))
    if flow.open_receivers == ("paste",) and is_there():
        read_pastes(flow)


def read_pastes(flow: LoginFlow) -> None:
    """Read what the person pastes until the login is over, by a paste or otherwise."""
    told = [*flow.notes]
    with _silent(sys.stdin) as read:
        say(PROMPT)  # only now: the echo of a quick paste would show it
        while flow.state.pending:
            pasted = read()
            problem = flow.paste(pasted) if pasted else None
            if problem:
                say(problem)
            for note in flow.notes:
                if note not in told:
                    say(note)
                    told.append(note)


def say(line: str) -> None:
    """Print a line on standard error, where a person sees it even if the output goes to a file."""
    print(as_commands(line), file=sys.stderr, flush=True)


def as_commands(text: str) -> str:
    """Return a text for a person with the command to run where it names the magic of a notebook."""
    return re.sub(r"\b([Rr]un) %procore_connect again", r"\1  procore-jupyter login  again", text)


@contextlib.contextmanager
def _silent(stdin: TextIO) -> Iterator[Callable[[], str | None]]:
    """Switch the echo off, and yield a reader that returns what was pasted, or None after a moment without a paste."""
    if os.name != "posix":
        yield _windows_reader()
        return
    import select
    import termios

    handle = stdin.fileno()
    before = termios.tcgetattr(handle)
    quiet = termios.tcgetattr(handle)
    quiet[3] &= ~termios.ECHO

    def read() -> str | None:
        if not select.select([handle], [], [], _LOOK)[0]:
            return None
        pasted = os.read(handle, _MOST)
        if not pasted:  # the terminal is gone; the answer may still come by itself
            time.sleep(_LOOK)
        # A terminal gives a paste of several lines one by one.
        while len(pasted) < _MOST and select.select([handle], [], [], _MORE)[0]:
            more = os.read(handle, _MOST)
            if not more:
                break
            pasted += more
        return pasted.decode(errors="replace").strip()

    try:
        termios.tcsetattr(handle, termios.TCSADRAIN, quiet)
        yield read
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _windows_reader() -> Callable[[], str | None]:
    """Return a reader of keys without an echo. Not yet run on Windows."""
    import msvcrt

    typed: list[str] = []

    def read() -> str | None:
        until = time.monotonic() + _LOOK
        while time.monotonic() < until:
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                key = msvcrt.getwch()  # type: ignore[attr-defined]
                if key == "\x03":
                    raise KeyboardInterrupt
                if key in "\r\n":
                    line = "".join(typed)
                    typed.clear()
                    return line
                typed.append(key) if key != "\b" else typed and typed.pop()
            time.sleep(0.02)
        return None

    return read


def progress() -> Draw:
    """Return what draws the progress of a reading: a line on the terminal, or nothing if standard error is none."""
    try:
        seen = sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        seen = False
    return TerminalProgress if seen else Undrawn


class TerminalProgress:
    """A line below what was printed that changes while something is read, and goes when that is done.

    Parameters
    ----------
    progress : Progress
        How far the reading is.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar: tqdm[NoReturn] | None = None
        self._said = False

    def update(self) -> None:
        """Draw the line anew, once the reading has lasted a moment."""
        progress = self._progress
        if progress.first and not self._said:
            self._said = True
            print(progress.first, file=sys.stderr, flush=True)
        if self._bar is None:
            if progress.clock() - progress.begun < UNSEEN:
                return
            from tqdm import tqdm

            self._bar = tqdm(
                total=progress.total,
                leave=False,
                file=sys.stderr,
                mininterval=0,
                bar_format="{desc}  {bar:12}  {postfix}" if progress.total else "{desc}  {postfix}",
            )
        bar = self._bar
        bar.set_description_str(progress.waiting or progress.name, refresh=False)
        bar.total, bar.n = progress.total, progress.done
        bar.set_postfix_str(progress.words, refresh=True)

    def close(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.close()
