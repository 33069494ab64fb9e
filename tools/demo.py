"""Starts the demo from the checkout. While it runs, JupyterLab's extension is built beside it, unless that is done.

``make demo`` runs it with the Python of the environment that ``tools/set_up.py`` has made::

    .venv/bin/python tools/demo.py [options of procore-jupyter demo]

So a person waits for the notebook alone, and not for a Node and a thousand packages. What is built arrives when the page
is loaded anew, which a line says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.set_up import ROOT, Venv, add_extension, has_extension, say

BESIDE = "--build-beside"
"""The one argument, with a process's id after it, of the process that builds."""


def main(arguments: list[str]) -> int:
    """Run the demo, or build beside it."""
    if arguments[:1] == [BESIDE]:
        build_beside(int(arguments[1]))
        return 0
    if not has_extension(Venv(ROOT / ".venv")):
        command = [sys.executable, __file__, BESIDE, str(os.getpid())]
        # Ctrl-C in the terminal is the demo's, whose end ends the build.
        subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    from procore_jupyter.cli import main as command_line

    return command_line(["demo", *arguments])


def build_beside(demo: int) -> None:
    """Build JupyterLab's extension as long as another process lives, without taking the computer from it.

    Parameters
    ----------
    demo : int
        The id of the process that started this one.
    """
    if os.name == "posix":
        os.nice(10)

        def end_with_it() -> None:
            while os.getppid() == demo:
                time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=end_with_it, daemon=True).start()
    if add_extension(Venv(ROOT / ".venv")):
        say("JupyterLab's extension is built: reload the page in your browser, and it has Procore's sidebar.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
