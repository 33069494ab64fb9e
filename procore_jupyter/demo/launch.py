"""``procore-jupyter demo``: the embedded Procore and a JupyterLab beside it, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from urllib.parse import urlsplit

from procore_jupyter.demo import notebooks, oddities
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.jupyterlab import JupyterLab, free_port, installed, port_is_free
from procore_jupyter.demo.oauth_messages import OOB
from procore_jupyter.demo.oddity import NONE, Oddities
from procore_jupyter.demo.parameters import LARGEST_SCALE, MOST_PROJECTS, DemoParameters
from procore_jupyter.demo.web_pages import MARK
from procore_jupyter.errors import ProcoreError
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.wording import quoted

FIRST_PORT = 8888


def run_demo(argv: Sequence[str]) -> int:
    """Run the demo until it is stopped; return the exit code.

    Ctrl-C, SIGTERM and SIGHUP (on Windows, SIGBREAK) stop it, and the end of either part. It leaves no process
    behind, and no file but the person's notebooks.

    Parameters
    ----------
    argv : sequence of str
        The arguments after ``procore-jupyter demo``.
    """
    options = _parser().parse_args(argv)
    if not installed():
        return _fail(
            f"The demo needs JupyterLab. Install it with  {sys.executable} -m pip install jupyterlab"
        )
    port = options.port if options.port is not None else free_port(FIRST_PORT)
    if port is None or not port_is_free(port):
        return _fail(
            f"Port {port or FIRST_PORT} is taken. Choose another with --port, or leave --port out to get a free one."
        )
    try:
        folder = notebooks.own_folder(fresh=options.fresh)
        changed = notebooks.put(folder)
    except FileNotFoundError as error:
        return _fail(f"{error.args[0]} is missing from this installation. Install procore-jupyter again.")
    except OSError as error:
        return _fail(f"The demo can't write its notebooks: {error}")
    lab = JupyterLab(folder, port, open_browser=not options.no_browser)
    demo = DemoProcore(
        port=options.provider_port,
        parameters=DemoParameters(
            token_lifetime=options.token_lifetime,
            projects=options.projects,
            scale=options.scale,
            odd=options.odd,
        ),
        redirect_uris=(lab.callback_url, "http://localhost", OOB),
    )
    with _told_to_stop() as (stop, hurry):
        try:
            return _run(demo, lab, stop, changed)
        finally:
            lab.stop(hurry)
            _forget_sign_in(demo)
            demo.remove_address()
            demo.stop()


def _run(demo: DemoProcore, lab: JupyterLab, stop: threading.Event, changed: list[str]) -> int:
    _say(MARK)
    try:
        demo.start()
    except OSError as error:
        return _fail(f"The stand-in can't use that port: {error.strerror}. Choose another --provider-port.")
    try:
        demo.write_address()
        lab.start(os.environ)
    except OSError as error:
        return _fail(f"The demo can't write its files: {error}")
    _say(f"The stand-in runs at {demo.url}; JupyterLab is starting.")
    if not lab.wait_until_ready(stop):
        return 0 if stop.is_set() else _fail(f"JupyterLab did not start. It said:\n{lab.last_words()}")
    _say(
        f"Your notebooks, and the files you write, are kept in {lab.notebooks}. Start with --fresh for a new folder."
    )
    for line in changed:
        _say(line)
    if lab.notebook_url is not None:
        _say(f"Jupyter Notebook is at  {lab.notebook_url}")
    _say("Stop it with Ctrl-C. Open this address in a browser:")
    _say(lab.url)
    while not stop.wait(0.2):
        if not lab.running:
            if lab.exit_code == 0:
                _say("JupyterLab was shut down, so the demo ends.")
                return 0
            return _fail(f"JupyterLab stopped unexpectedly. It said:\n{lab.last_words()}")
        if not demo.running:
            return _fail("The stand-in stopped unexpectedly. Start the demo again.")
    _say("Stopping.")
    return 0


def _forget_sign_in(demo: DemoProcore) -> None:
    """Remove the token that a notebook stored: no server will ever take it again."""
    if not demo.running:
        return
    with contextlib.suppress(OSError, ProcoreError):
        host = urlsplit(demo.url).netloc
        store, key = open_store(None), TokenKey(host, demo.client_id, api_host=host)
        if store.load(key) is not None:
            store.delete(key)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="procore-jupyter demo",
        description="Starts a stand-in for Procore and JupyterLab on this machine, to try procore-jupyter.\n"
        "No Procore account is needed, and Procore is not contacted.",
        epilog=_oddities(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address to open")
    parser.add_argument(
        "--fresh", action="store_true", help="start with a new folder of notebooks; the old one is kept"
    )
    parser.add_argument("--port", type=_port, metavar="N", help="JupyterLab's port (a free one from 8888)")
    parser.add_argument(
        "--provider-port", type=_port, default=0, metavar="N", help="the stand-in's port (any free one)"
    )
    parser.add_argument(
        "--token-lifetime",
        type=_seconds,
        default=DemoParameters.token_lifetime,
        metavar="S",
        help="seconds until a sign-in is renewed (default: %(default)s, as at Procore)",
    )
    parser.add_argument(
        "--projects",
        type=_projects,
        metavar="N",
        help=f"how many active projects Skyline Builders has, 1 to {MOST_PROJECTS} (twelve)",
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        default=DemoParameters.scale,
        metavar="X",
        help=f"how many times the usual number of rows a project's lists have, up to {LARGEST_SCALE:g} (1)",
    )
    parser.add_argument(
        "--odd",
        type=_odd,
        default=NONE,
        metavar="NAME,…",
        help="oddities of Procore's that the stand-in imitates (default: none);  all  for all of them",
    )
    return parser


def _oddities() -> str:
    """Return the list of oddities for the end of the help."""
    lines = ["the oddities for --odd, separated by commas:"]
    for one in oddities.ODDITIES:
        words = one.sentence.replace("`", "") + " Not part of all." * one.shuts_out
        lines += [
            f"  {one.name}",
            textwrap.fill(words, 78, initial_indent=" " * 6, subsequent_indent=" " * 6),
        ]
    return "\n".join(lines)


def _odd(text: str) -> Oddities:
    try:
        return oddities.named(text)
    except ValueError as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None


def _number(text: str, fits: Callable[[float], bool], what: str) -> float:
    """Return an option's number. Raises ArgumentTypeError, which says what it must be, if it is none that fits."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not fits(number):
        raise argparse.ArgumentTypeError(f"must be {what}, not {quoted(text)}")
    return number


def _projects(text: str) -> int:
    return int(
        _number(text, range(1, MOST_PROJECTS + 1).__contains__, f"a whole number from 1 to {MOST_PROJECTS}")
    )


def _scale(text: str) -> float:
    return _number(text, lambda one: 0 < one <= LARGEST_SCALE, f"a number above 0, at most {LARGEST_SCALE:g}")


def _port(text: str) -> int:
    return int(_number(text, range(2**16).__contains__, "a port from 0 to 65535"))


def _seconds(text: str) -> float:
    return _number(text, lambda one: 0 < one < math.inf, "a number of seconds above 0")


@contextlib.contextmanager
def _told_to_stop() -> Iterator[tuple[threading.Event, threading.Event]]:
    """Turn signals into two events: the first sets `stop`, another one `hurry`."""
    stop, hurry = threading.Event(), threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            hurry.set()
        stop.set()

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # nohup asks to ignore a hang-up
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            before[number] = signal.signal(number, told)
    try:
        yield stop, hurry
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(line, flush=True)


def _fail(line: str) -> int:
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)
    return 1
