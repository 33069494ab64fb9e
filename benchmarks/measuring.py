"""Measures processes from outside: seconds and peak memory."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes of the unit in which the system counts a process's peak memory (getrusage)."""


@dataclass(frozen=True)
class Run:
    """A process that has ended.

    Parameters
    ----------
    seconds : float
        The time from its start to its end, the start of Python and all imports included.
    cpu : float
        Seconds of processor time.
    peak : int
        Bytes of memory that it had at most (``ru_maxrss``), Python and libraries included.
    told : dict
        The JSON object in the last line that it printed.
    """

    seconds: float
    cpu: float
    peak: int
    told: dict[str, Any]


class Started:
    """A process that was started. If it fails, its standard error is shown.

    Parameters
    ----------
    command : sequence of str
        The command, which prints a JSON object as its last line.
    environment : mapping
        Added to the environment.
    folder : path or None
        The working folder; None for this process's.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self._command = [*command]
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed when the process has ended
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )

    def ended(self) -> Run:
        """Wait for the process's end. Raises RuntimeError if it failed."""
        process = self._process
        assert process.stdout is not None
        with process.stdout:
            text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - self._began
        process.returncode = os.waitstatus_to_exitcode(status)
        with self._errors:
            self._errors.seek(0)
            said = self._errors.read()
        if process.returncode:
            raise RuntimeError(f"{self._command} ended with {process.returncode}: {said[-2000:]}")
        cpu = used.ru_utime + used.ru_stime
        return Run(seconds, cpu, used.ru_maxrss * MAXRSS, json.loads(text.strip().splitlines()[-1]))


def run(*command: str, environment: Mapping[str, str] | None = None, folder: str | Path | None = None) -> Run:
    """Run a process to its end; the parameters are those of `Started`."""
    return Started(command, environment, folder).ended()


def ours(script: str, *arguments: str) -> Run:
    """Run a script in this Python, with this checkout's package."""
    return run(sys.executable, script, *arguments, environment=with_checkout())


def with_checkout() -> dict[str, str]:
    """Return the environment variables with which Python finds this checkout's package."""
    return {"PYTHONPATH": str(CHECKOUT)}


def median(runs: Sequence[Run]) -> Run:
    """Return the medians of runs. Raises AssertionError unless all told the same."""
    if any(one.told != runs[0].told for one in runs):
        raise AssertionError(f"not the same each time: {[one.told for one in runs]}")
    return Run(
        statistics.median(one.seconds for one in runs),
        statistics.median(one.cpu for one in runs),
        int(statistics.median(one.peak for one in runs)),
        runs[0].told,
    )


def megabytes(size: float) -> str:
    """Return bytes as text in MB."""
    return f"{size / 1e6:,.0f} MB"


def print_title(title: str) -> None:
    """Print a title, with the machine and the Python of the measurement."""
    print(f"\n{title}   [Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores]")


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, all columns but the first aligned to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *others]).rstrip())


def print_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, all columns but the first aligned to the right."""
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        print(f"| {' | '.join(row)} |")


class Claims:
    """Claims, and whether all have held so far."""

    def __init__(self) -> None:
        self.held = True

    def check(self, claim: str, measured: str, held: bool) -> None:
        """Print a claim, the measurement, and the outcome."""
        self.held = self.held and held
        print(f"  {'holds' if held else 'DOES NOT HOLD'}: {claim} (measured: {measured})")

    @property
    def status(self) -> int:
        """The script's exit status: 0 if all claims held."""
        return 0 if self.held else 1
