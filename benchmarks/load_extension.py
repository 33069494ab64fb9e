"""The time that loading takes: the notebook extension in a real kernel, and the server extension's import.

Claims: `%load_ext procore_jupyter` costs under 30 ms more than an empty extension, in a kernel that has imported
ipywidgets; `procore_jupyter.server.extension` imports in under 30 ms after jupyter_server. Each figure is the median of
7 fresh processes, after one more in which Python compiles the modules, as an installer does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from table import milliseconds, show

ROUNDS = 7
"""Fresh processes that count."""

LIMIT = 0.030
"""Seconds: each claim."""

# Runs in a fresh process that is a kernel but for its sockets: ipykernel's shell, with ipywidgets imported.
IN_A_KERNEL = """
import sys, time
sys.path.insert(0, {folder!r})
import ipywidgets
from ipykernel.zmqshell import ZMQInteractiveShell
shell = ZMQInteractiveShell.instance()
started = time.perf_counter()
shell.run_line_magic("load_ext", {extension!r})
print(time.perf_counter() - started)
"""

IN_A_SERVER = """
import time
import jupyter_server.serverapp
started = time.perf_counter()
import procore_jupyter.server.extension
print(time.perf_counter() - started)
"""


def median_of(script: str) -> list[float]:
    """Run a script in fresh processes; return the seconds that each but the first printed last."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", script]
    return [
        float(
            subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            ).stdout.split()[-1]
        )
        for _ in range(ROUNDS + 1)
    ][1:]


def main() -> int:
    """Measure, print, and return 0 if all claims hold."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "an_empty_extension.py").write_text("def load_ipython_extension(shell):\n    pass\n")
        empty = median_of(IN_A_KERNEL.format(folder=folder, extension="an_empty_extension"))
        ours = median_of(IN_A_KERNEL.format(folder=folder, extension="procore_jupyter"))
    server = median_of(IN_A_SERVER)
    more = statistics.median(ours) - statistics.median(empty)
    held = more < LIMIT and statistics.median(server) < LIMIT
    show(
        "Loading",
        [
            ("%load_ext of an empty extension", milliseconds(empty)),
            ("%load_ext procore_jupyter", milliseconds(ours)),
            ("  beyond the empty one", f"{more * 1000:8.2f} ms"),
            ("import procore_jupyter.server.extension", milliseconds(server)),
        ],
        "each under 30 ms",
        held,
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
