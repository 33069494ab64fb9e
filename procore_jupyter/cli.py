"""The command ``procore-jupyter login | status | logout | forget | callback-url | check | demo``."""

from __future__ import annotations

import argparse
import dataclasses
import io
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from procore_jupyter import __version__
from procore_jupyter.errors import LoginRequired, ProcoreError, ProcoreWarning
from procore_jupyter.files.private import NoHome

if TYPE_CHECKING:
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.settings.settings import Settings

DONE = 0
FAILED = 1
USAGE = 2
"""The exit code of a command that was called wrongly, as argparse has it."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT."""

_SECRETS = (
    "A connection string on the command line is visible to everybody on this machine (in the process list) and stays in "
    "your shell's history. Put secrets into the environment (PROCORE_CLIENT_ID, PROCORE_CLIENT_SECRET, or OAuthClientSecret=${NAME}), "
    "or pass the whole string on standard input, with  -  in its place."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: `DONE`, `FAILED`, `USAGE` or `INTERRUPTED`.

    A command that fails says why in one line on standard error.

    Parameters
    ----------
    argv : sequence of str or None
        The arguments after the program's name; None means those of this process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe on Windows has no ✓
    if arguments[:1] == ["demo"]:
        from procore_jupyter.demo.launch import run_demo

        return run_demo(arguments[1:])
    parser = _parser()
    if not arguments:
        parser.print_help()
        return DONE
    try:
        given = parser.parse_args(arguments)
    except SystemExit as usage:  # argparse has already said what is wrong
        return USAGE if usage.code else DONE
    run: Callable[[argparse.Namespace], int] = given.run
    with warnings.catch_warnings():
        warnings.simplefilter("always", ProcoreWarning)
        warnings.showwarning = _show_warning
        try:
            return run(given)
        except ProcoreError as error:
            _say(f"procore-jupyter: {error}")
            return FAILED
        except KeyboardInterrupt:
            _say("procore-jupyter: stopped.")
            return INTERRUPTED
        except OSError as error:  # requests' exceptions are OSErrors too
            _say(f"procore-jupyter: {_unexpected(error)}")
            return FAILED


def login(given: argparse.Namespace) -> int:
    """Sign in: print the link, wait until you have signed in, and show who you are."""
    from procore_jupyter.connection import terminal
    from procore_jupyter.connection.assemble import How, open_connection
    from procore_jupyter.login.flow import LoginState

    settings = _settings(given)
    if settings.initiate_oauth == "REFRESH":
        # A person signs in here with the connection string of a job that never asks one.
        settings = dataclasses.replace(settings, initiate_oauth="GETANDREFRESH")

    def show(flow: LoginFlow) -> None:
        if flow.state is not LoginState.FAILED:
            terminal.say(str(flow))

    how = How(show=show, via=given.via, login=given.anew, timeout=given.timeout, person=True)
    procore = open_connection(settings, how)
    flow = procore.login_flow
    try:
        if flow is not None:
            if terminal.is_there():
                terminal.read_pastes(flow)
            flow.wait()
    except KeyboardInterrupt:
        procore.close()
        raise
    status = procore.status()
    print(status)
    if flow is None:
        _say("You were already signed in. Add  --anew  to sign in again.")
    return DONE if status.state in ("signed in", "no sign-in") else FAILED


def status(given: argparse.Namespace) -> int:
    """Show who is signed in, where and for how long: without CONNECTION, every saved connection and stored sign-in."""
    if given.paths:
        return paths(given)
    if not given.connection:
        return _all_status(given.account)
    from procore_jupyter.connection.assemble import How, open_connection

    procore = open_connection(_settings(given), How(person=False))
    found = procore.status()
    print(found)
    print(*found.detail_lines, sep="\n")
    return DONE if found.state in ("signed in", "no sign-in") and found.problem is None else FAILED


def _all_status(account: str | None) -> int:
    """Print every saved connection and stored sign-in of this user."""
    from procore_jupyter.connection.inventory import inventory

    found = inventory(account)
    for line in found.lines:
        _print(line)
    return DONE if found.well else FAILED


def forget(given: argparse.Namespace) -> int:
    """Delete a saved connection, with the secret and sign-in that no other saved connection needs."""
    from procore_jupyter.connection.inventory import forget as forget_connection

    _print(forget_connection(given.name))
    return DONE


def paths(given: argparse.Namespace) -> int:
    """Print what is stored where on this machine. Asks nobody, and prints no secret."""
    from procore_jupyter.connection.paths import described

    location = _settings(given).settings_location if given.connection else None
    print("\n".join(described(location)))
    return DONE


def logout(given: argparse.Namespace) -> int:
    """Sign out: end the sign-in at Procore, and delete it from this machine."""
    from procore_jupyter.connection.assemble import How, open_connection

    settings = _settings(given)
    try:
        procore = open_connection(settings, How(person=False))
    except LoginRequired:
        print(f"Nobody was signed in to {settings.place} (account {settings.account}).")
        return DONE
    procore.logout()
    if settings.initiate_oauth == "OFF":
        print(
            "Nothing is stored with InitiateOAuth=OFF. The OAuthAccessToken that you gave works until it expires."
        )
        return DONE
    print(f"Signed out of {settings.place} (account {settings.account}).")
    return DONE


def callback_url(given: argparse.Namespace) -> int:
    """Print the Redirect URI to register for the app; nothing else on standard output."""
    wanted = _settings(given).require_callback_url() if given.connection else None
    print(wanted or _callback_url_here())
    return DONE


def check(given: argparse.Namespace) -> int:
    """Check step by step, from this machine to Procore, that everything works, and say what to do where it doesn't."""
    import shutil

    from procore_jupyter.check.checkup import Checkup
    from procore_jupyter.check.spoken import WIDTH, spoken
    from procore_jupyter.connection.checked import checked
    from procore_jupyter.connection.terminal import as_commands
    from procore_jupyter.settings.resolve import read_surroundings

    subject = checked(
        _settings(given),
        front_end="A terminal",
        connect_again="Run  procore-jupyter login  and then this again.",
    )
    tables = given.tables if given.tables is not None or not (given.filters or given.keep) else []
    checkup = Checkup(subject, read_surroundings(), tables, filters=given.filters)
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    for line in spoken(checkup.first(), width):
        print(as_commands(line), flush=True)
    agreed = not checkup.plan or given.yes or _agreed(checkup.plan)
    if agreed and checkup.plan:
        print(flush=True)
        for line in spoken(checkup.tables(), width):
            print(line, flush=True)
    print(f"\n{checkup.summary}")
    for line in checkup.outcomes(keep=given.keep, keep_labels=given.keep_labels, report=given.report):
        print(line)
    return DONE if agreed and not checkup.failed else FAILED


def _agreed(plan: str) -> bool:
    """Say what will be asked for, and return whether the person agrees. Nobody there agrees to nothing."""
    from procore_jupyter.connection import terminal

    if not terminal.is_there():
        _say(f"procore-jupyter: {plan} Add  --yes  to make them.")
        return False
    print(f"\n{plan}", file=sys.stderr, flush=True)
    return input("Go on? [y/N] ").strip().casefold() in ("y", "yes")


def _callback_url_here() -> str:
    """Return the Redirect URI for the Jupyter server of this user; say on standard error if it had to be guessed."""
    from procore_jupyter.connection.parts import BARE_LOCALHOST
    from procore_jupyter.login.discovery import (
        CALLBACK_PATH,
        default_callback_url,
        hub_callback_url,
        running_servers,
    )
    from procore_jupyter.settings.resolve import read_surroundings

    around = read_surroundings()
    known = default_callback_url(around)
    if known is not None:
        return known
    if around.hub is not None:
        _say("The address of this JupyterHub isn't known here. Put yours in place of YOUR-HUB:")
        return hub_callback_url(around.hub)
    here = [server.callback_url for server in running_servers(around) if server.sock is None]
    if len(here) > 1:
        _say(f"You have several Jupyter servers running, each with its own: {', '.join(here)}")
    if here:
        return here[0]
    _say(
        "You have no Jupyter server running. This is the one for its usual port. Without "
        f"Jupyter, {BARE_LOCALHOST} (every app has it) or urn:ietf:wg:oauth:2.0:oob work too."
    )
    return f"http://localhost:8888/{CALLBACK_PATH}"


def _settings(given: argparse.Namespace) -> Settings:
    from procore_jupyter.connection.lookup import settings_for

    from_input = given.connection == "-"
    text = sys.stdin.read() if from_input else given.connection
    settings = settings_for(text, account=given.account, lines=from_input)
    for notice in settings.notices:
        _say(notice)
    return dataclasses.replace(settings, notices=())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="procore-jupyter",
        description="Sign in to Procore for notebooks and jobs on this machine. Not affiliated with Procore Technologies.",
        epilog=_SECRETS,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(run: Callable[[argparse.Namespace], int], name: str) -> argparse.ArgumentParser:
        about = (run.__doc__ or "").split("\n")[0]
        made = commands.add_parser(name, help=about, description=about, epilog=_SECRETS)
        made.add_argument(
            "connection",
            nargs="?",
            default="",
            metavar="CONNECTION",
            help='the connection string, in quotes ("Environment=Sandbox;OAuthClientId=…"), or the name of a saved '
            "connection (default: the one saved as default); - reads it from standard input",
        )
        made.add_argument(
            "--account",
            metavar="NAME",
            help="which stored sign-in to use (default: the saved connection's, or the one called default)",
        )
        made.set_defaults(run=run)
        return made

    signing_in = command(login, "login")
    signing_in.add_argument(
        "--anew", "--login", action="store_true", help="sign in again even if a sign-in is stored"
    )
    signing_in.add_argument(
        "--via",
        choices=("server", "loopback", "paste"),
        help="how the browser's answer comes back (default: chosen for you)",
    )
    signing_in.add_argument(
        "--timeout",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long you have to sign in (default: 300)",
    )
    showing_status = command(status, "status")
    showing_status.add_argument(
        "--paths",
        action="store_true",
        help="list instead what is stored where on this machine; makes no request",
    )
    command(logout, "logout")
    about = (forget.__doc__ or "").split("\n")[0]
    forgetting = commands.add_parser("forget", help=about, description=about)
    forgetting.add_argument(
        "name", metavar="NAME", help="the saved connection's name;  procore-jupyter status  lists them"
    )
    forgetting.set_defaults(run=forget)
    command(callback_url, "callback-url")
    checking = command(check, "check")
    checking.add_argument(
        "--tables",
        nargs="*",
        metavar="NAME",
        help="also read at most five rows of these tables (or of all 95) in one project, and say where they differ from their description",
    )
    checking.add_argument(
        "--filters",
        action="store_true",
        help="with --tables: also try the filters, with values from these rows, and say which return fewer rows than they should",
    )
    checking.add_argument(
        "--keep",
        action="store_true",
        help="keep what --tables finds, and use it from now on instead of what is built in",
    )
    checking.add_argument(
        "--keep-labels",
        nargs="?",
        const="",
        metavar="FILE",
        help="save the labels of the company's custom fields, for people who don't have access to them (FILE is for them)",
    )
    checking.add_argument(
        "--report",
        metavar="FILE",
        help="write what was found into FILE, without any of your company's data or names: fit for a public issue",
    )
    checking.add_argument(
        "--yes", action="store_true", help="don't ask before making the requests that --tables needs"
    )
    commands.add_parser(
        "demo", help="Start a stand-in for Procore on this machine, and JupyterLab.", add_help=False
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("must be a number of seconds from 1 to 3600")
    return seconds


def _unexpected(error: OSError) -> str:
    import requests

    if isinstance(error, requests.RequestException):
        return str(error)
    if isinstance(error, NoHome):
        return f"{error}."
    return f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}."


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    _say(f"procore-jupyter: {message}")


def _print(text: str) -> None:
    from procore_jupyter.connection.terminal import as_commands

    print(as_commands(text))


def _say(line: str) -> None:
    from procore_jupyter.connection.terminal import as_commands

    print(as_commands(line), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
