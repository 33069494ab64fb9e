"""``%procore_connect`` and its sisters: read the line, call `connection`, show.

Every error leaves as one line. A traceback would print the magic's whole line, and with it any secret in it.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreError
from procore_jupyter.notebook import kernel, widgets
from procore_jupyter.notebook.options import (
    CONNECT_OPTIONS,
    LOGOUT_OPTIONS,
    STATUS_OPTIONS,
    TABLES_OPTIONS,
    read_options,
)
from procore_jupyter.notebook.redaction import secrets_in_string

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.notebook.history import HistoryGuard

DEFAULT_NAME = "procore"

# What IPython itself puts under a name and takes back at the next cell.
_IPYTHONS_OWN = re.compile(r"In|Out|exit|quit|get_ipython|_+|_i+|_[iod]h|_i?\d+")

Magic = TypeVar("Magic", bound=Callable[..., None])


class Interrupted(KeyboardInterrupt):
    """An interrupt while a magic waited, drawn without the magic's line."""

    def _render_traceback_(self) -> list[str]:
        return ["KeyboardInterrupt: stopped. A sign-in that is pending goes on."]


class UnexpectedError(ProcoreError):
    """Something that should not happen: where in our own code, and nothing of what was in it."""


def in_one_line(magic: Magic) -> Magic:
    """Let nothing leave a magic but errors that draw themselves in one line."""

    @functools.wraps(magic)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            return magic(*args, **kwargs)
        except (ProcoreError, UsageError):
            raise
        except KeyboardInterrupt:
            error: BaseException = Interrupted()
        except Exception as unexpected:
            error = UnexpectedError(_where(unexpected))
        # Outside the except clauses: the new error keeps no link to the old one and its frames.
        raise error

    return cast(Magic, guarded)


@magics_class
class ProcoreMagics(Magics):
    """The magics that a notebook signs in and out with.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    history : HistoryGuard or None
        Asked what could not be cut out of the history.
    """

    def __init__(self, shell: InteractiveShell, history: HistoryGuard | None = None) -> None:
        super().__init__(shell)
        self._names: dict[str, Any] = shell.user_ns
        self._history = history

    @no_var_expand
    @line_cell_magic
    @in_one_line
    def procore_connect(self, line: str, cell: str | None = None) -> None:
        """Sign in to Procore; the session is then the variable `procore`.

        ::

            %procore_connect                 asks what it has to know, the first time
            %procore_connect [options] Profile=Procore;OAuthClientId=…;OAuthClientSecret=…;
            %procore_connect [options] NAME  a saved connection; with nothing at all, the one saved as `default`
            %%procore_connect [options]      and the same below, one property a line, "#" for comments

        It doesn't wait: click the link, and the first call that needs the sign-in waits for it.

        Options
        -------
        --name NAME        the variable (procore)
        --account NAME     which stored sign-in (default): two accounts can be signed in side by side
        --save [NAME]      once it has worked, keep all of it under a name (default); secrets go where sign-ins go
        --wait             wait in this cell
        --timeout SECONDS  how long the link waits for you (300)
        --login            sign in anew although a sign-in is stored
        --via WAY          server, loopback or paste: how the browser's answer comes back (chosen for you)
        """
        given, rest = read_options(line, CONNECT_OPTIONS, "%procore_connect")
        if cell is not None and rest:
            raise UsageError("%%procore_connect takes options on its first line; the properties go below it.")
        self._connect(given, rest if cell is None else cell, lines=cell is not None)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_status(self, line: str) -> None:
        """Show who is signed in, to what, for how long, and where the sign-in is kept.

        Options
        -------
        --name NAME   the variable (procore)
        """
        from procore_jupyter.notebook.status_card import details

        given, rest = read_options(line, STATUS_OPTIONS, "%procore_status")
        _nothing_else(rest, "%procore_status")
        name = str(given.get("name", DEFAULT_NAME))
        status = self._session(name).status()
        display(details(status, name=name), raw=True)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_logout(self, line: str) -> None:
        """Sign out: end the sign-in at Procore and forget it here.

        Options
        -------
        --keep-token   only end this session; the stored sign-in stays for the next one
        --name NAME    the variable (procore)
        """
        from procore_jupyter.notebook.status_card import message

        given, rest = read_options(line, LOGOUT_OPTIONS, "%procore_logout")
        _nothing_else(rest, "%procore_logout")
        session = self._session(str(given.get("name", DEFAULT_NAME)))
        keep = bool(given.get("keep_token", False))
        session.logout(keep_token=keep)
        rest = (
            "The stored sign-in is kept: connecting again needs no click."
            if keep
            else "The stored sign-in is forgotten."
        )
        display(message(f"Signed out. {rest}"), raw=True)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_tables(self, line: str) -> None:
        """Show the tables there are: what they belong to, what they need, and of one, its columns.

        ::

            %procore_tables          those gone over by hand
            %procore_tables NAME     all that is known of one
            %procore_tables WORD     those in whose name or description it occurs; "*" stands for anything

        Nothing is asked of Procore.

        Options
        -------
        --name NAME   the variable that holds the session (procore)
        """
        given, pattern = read_options(line, TABLES_OPTIONS, "%procore_tables")
        name = str(given.get("name", DEFAULT_NAME))
        if "name" in given or kernel.session_under(self._names, name) is not None:
            display(self._session(name).tables.search(pattern))
            return
        from procore_jupyter import profiles
        from procore_jupyter.tables.definitions.catalog import Catalog
        from procore_jupyter.tables.definitions.listing import listing

        profile, _ = profiles.load("Procore")  # nobody is connected yet: Procore's own
        display(listing(Catalog(profile), pattern))

    def _connect(self, given: dict[str, object], text: str, *, lines: bool) -> None:
        name = _variable(str(given.get("name", DEFAULT_NAME)))
        from procore_jupyter.connection.assemble import How, open_connection
        from procore_jupyter.connection.lookup import settings_for
        from procore_jupyter.notebook.status_card import card

        existing = kernel.session_under(self._names, name)
        if name in self._names and existing is None:
            raise ConfigurationError(
                f"`{name}` is already something else in this notebook, and is left as it is. "
                f"Choose another name:  %procore_connect --name {name}_session …"
            )
        shell = cast("InteractiveShell", self.shell)
        notes = self._notes(text, lines=lines, saving="save" in given)
        pending: list[LoginFlow] = []
        asked: list[Question] = []
        settings = settings_for(
            text, names=self._names, account=cast("str | None", given.get("account")), lines=lines
        )
        how = How(
            show=pending.append,
            ask=asked.append if kernel.draws_panels(shell) else None,
            via=cast("str | None", given.get("via")),
            login=bool(given.get("login", False)),
            timeout=cast(float, given.get("timeout", 300.0)),
            person=kernel.somebody_there(shell),
            save=cast("str | None", given.get("save")),
            existing=existing,
        )
        session = open_connection(settings, how)
        shell.push({name: session})
        if asked:
            widgets.ask(asked[-1], name=name, notes=notes)
            return
        if pending:
            wait = bool(given.get("wait")) and not kernel.draws_outputs_once()
            told = [*session.settings.notices, *notes]
            widgets.show(shell, pending[-1], name=name, notes=told, wait=wait)
            if not wait:
                return
            pending[-1].wait()
            if kernel.draws_panels(shell):
                return  # the panel turns into the card by itself
        status = session.status()
        if status.state == "not signed in":
            raise LoginRequired(status.problem or "Not signed in. Run the cell again.")
        display(card(status, name=name, notes=notes), raw=True)

    def _session(self, name: str) -> Procore:
        if (found := kernel.session_under(self._names, name)) is not None:
            return found
        others = ", ".join(kernel.sessions(self._names))
        hint = f"These are: {others}. Say which with --name." if others else "Run %procore_connect first."
        raise UsageError(f"`{name}` is no Procore session in this notebook. {hint}")

    def _notes(self, text: str, *, lines: bool, saving: bool) -> tuple[str, ...]:
        """Return what to say of secrets that stand in the cell."""
        names = list(dict.fromkeys(span.name for span in secrets_in_string(text, lines=lines) if span.name))
        instead = {**_INSTEAD, **(_SAVED if saving else {})}
        notes = [
            f"{_spoken(one)} still stands in this cell, and in what your browser was sent. {instead.get(one, f'Write `{one}=${{VARIABLE}}` instead, with the value in that environment variable.')}"
            for one in names
        ]
        return (*notes, *(self._history.left_over if self._history is not None else ()))


_INSTEAD = {
    "OAuthClientSecret": "Add `--save` once, and from then on `%procore_connect` is enough; or set the environment variable "
    "PROCORE_CLIENT_SECRET. Then delete the secret from the cell."
}
_SAVED = {
    "OAuthClientSecret": "It is saved once you are signed in: then delete it from the cell.",
    "ProxyPassword": "It is saved once you are signed in: then delete it from the cell.",
    **dict.fromkeys(
        ("OAuthRefreshToken", "OAuthVerifier", "OAuthAccessToken"),
        "It is not saved: what grows from it is the stored sign-in. Then delete it from the cell.",
    ),
}


def _spoken(name: str) -> str:
    return "The client secret" if name == "OAuthClientSecret" else name


def _variable(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"--name takes a variable's name, such as --name {DEFAULT_NAME}.")
    if hasattr(builtins, name) or _IPYTHONS_OWN.fullmatch(name):
        raise UsageError(
            f"--name {name} would hide Python's own `{name}`. Choose another, such as --name {DEFAULT_NAME}."
        )
    return name


def _nothing_else(rest: str, magic: str) -> None:
    if rest:
        raise UsageError(f"{magic} takes options only.")


def _where(error: BaseException) -> str:
    """Return what went wrong, as far as it can be told without showing what was being worked on."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if (found := frame.filename.replace("\\", "/").rpartition("/procore_jupyter/"))[1]:
            place = f" in procore_jupyter/{found[2]}, line {frame.lineno}"
    return f"Something unexpected happened: {type(error).__name__}{place}. Run the cell again; if it happens again, please report it."
