"""``%procore_connect`` and the other magics: each reads its line, calls `connection`, and shows the result.

Every error leaves a magic as one line. A traceback would print the magic's whole line, and any secret in that line.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreError
from procore_jupyter.notebook import kernel, widgets
from procore_jupyter.notebook.options import (
    LOGOUT_OPTIONS,
    OWN_FILE,
    STATUS_OPTIONS,
    TABLES_OPTIONS,
    read_check,
    read_connect,
    read_options,
)
from procore_jupyter.notebook.panels.status_card import details, message

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.question import Question
    from procore_jupyter.login.flow import LoginFlow
    from procore_jupyter.notebook.history import HistoryGuard

DEFAULT_NAME = "procore"

# Names that IPython itself assigns, and assigns anew at the next cell.
_IPYTHONS_OWN = re.compile(r"In|Out|exit|quit|get_ipython|_+|_i+|_[iod]h|_i?\d+")

Magic = TypeVar("Magic", bound=Callable[..., None])


class Interrupted(KeyboardInterrupt):
    """An interrupt of a magic that waits, drawn without the magic's line.

    Parameters
    ----------
    words : str
        What has become of what the magic did.
    """

    def __init__(self, words: str = "stopped. A sign-in that is pending goes on.") -> None:
        super().__init__(words)

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


class UnexpectedError(ProcoreError):
    """An error that should not happen. It names a place in our own code, and none of the values there."""


def in_one_line(magic: Magic) -> Magic:
    """Wrap a magic so that only errors that draw themselves in one line leave it."""

    @functools.wraps(magic)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            return magic(*args, **kwargs)
        except (ProcoreError, UsageError, Interrupted):
            raise
        except KeyboardInterrupt:
            error: BaseException = Interrupted()
        except Exception as unexpected:
            error = UnexpectedError(_where(unexpected))
        # Raised outside the except clauses, so that the new error keeps no link to the old one and its frames.
        raise error

    return cast(Magic, guarded)


@magics_class
class ProcoreMagics(Magics):
    """The magics with which a person connects, looks at tables, and signs out.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    history : HistoryGuard or None
        Knows what could not be removed from IPython's history.
    """

    def __init__(self, shell: InteractiveShell, history: HistoryGuard | None = None) -> None:
        super().__init__(shell)
        self._names: dict[str, Any] = shell.user_ns
        self._history = history

    @no_var_expand
    @line_cell_magic
    @in_one_line
    def procore_connect(self, line: str, cell: str | None = None) -> None:
        """Sign in to Procore; the session is then in the variable `procore`.

        ::

            %procore_connect                 asks for your app's details the first time, then uses the saved ones
            %procore_connect Profile=Procore;OAuthClientId=…;OAuthClientSecret=…; [options]
            %procore_connect NAME [options]  uses a saved connection; without a NAME, the one saved as `default`
            %%procore_connect [options]      reads the properties from the lines below; "#" starts a comment

        Options go before or after the string. The magic doesn't wait: click the link, and the first call that needs the
        sign-in waits for it.

        Options
        -------
        --name NAME        the variable (default: procore)
        --account NAME     which stored sign-in to use (default: `default`): two accounts can be in use at once
        --save [NAME]      save the connection under a name (default: `default`) once you are signed in; secrets are stored apart
        --wait             wait for the sign-in in this cell
        --timeout SECONDS  how long you have to sign in (default: 300)
        --login            sign in again even if a sign-in is stored
        --via WAY          how the browser's answer comes back: server, loopback or paste (default: chosen for you)
        """
        given, rest = read_connect(line)
        if cell is not None and rest:
            raise UsageError(
                "%%procore_connect has its options on the first line; the properties go below it."
            )
        self._connect(given, rest if cell is None else cell, lines=cell is not None)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_status(self, line: str) -> None:
        """Show the current sign-in: who, where, for how long, and where it is stored.

        Options
        -------
        --name NAME   the session's variable (default: procore)
        """
        given, rest = read_options(line, STATUS_OPTIONS, "%procore_status")
        _nothing_else(rest, "%procore_status")
        name = str(given.get("name", DEFAULT_NAME))
        status = self._session(name).status()
        display(details(status, name=name), raw=True)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_logout(self, line: str) -> None:
        """Sign out: end the sign-in at Procore, and remove it from this machine.

        Options
        -------
        --keep-token   end this session only; the stored sign-in stays for the next one
        --name NAME    the session's variable (default: procore)
        """
        given, rest = read_options(line, LOGOUT_OPTIONS, "%procore_logout")
        _nothing_else(rest, "%procore_logout")
        session = self._session(str(given.get("name", DEFAULT_NAME)))
        keep = bool(given.get("keep_token", False))
        session.logout(keep_token=keep)
        if session.settings.initiate_oauth == "OFF":
            rest = "The OAuthAccessToken you gave works until it expires. It was not stored."
        elif keep:
            rest = "The sign-in stays stored: you can connect again without signing in."
        else:
            rest = "The stored sign-in is forgotten."
        display(message(f"Signed out. {rest}"), raw=True)

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_tables(self, line: str) -> None:
        """Show the tables with their scope and parameters, or one table with its columns.

        ::

            %procore_tables          the most used tables
            %procore_tables NAME     one table, with its parameters and columns
            %procore_tables WORD     the tables with WORD in their name or description; "*" stands for any text

        The magic makes no request.

        Options
        -------
        --name NAME   the session's variable (default: procore)
        """
        given, pattern = read_options(line, TABLES_OPTIONS, "%procore_tables")
        name = str(given.get("name", DEFAULT_NAME))
        if "name" in given or kernel.session_under(self._names, name) is not None:
            display(self._session(name).tables.search(pattern))
            return
        from procore_jupyter.tables.definitions.catalog import built_in
        from procore_jupyter.tables.definitions.listing import listing

        display(listing(built_in(), pattern))

    @no_var_expand
    @line_magic
    @in_one_line
    def procore_check(self, line: str) -> None:
        """Check line by line whether this machine, Procore and its tables are as procore-jupyter expects.

        ::

            %procore_check                     the session in `procore`, else the connection saved as `default`
            %procore_check NAME                a saved connection, or a connection string
            %procore_check --tables rfis users also reads at most five rows of these tables (or of all 95) in one project

        You are not asked to sign in. Before it reads tables, the magic says how many requests that takes, and waits for your yes.

        Options
        -------
        --name NAME           the session's variable (default: procore)
        --tables [NAME …]     the tables
        --filters             with --tables: say which filters return fewer rows than they should
        --keep                keep what was found about the tables, and use it instead of what is built in
        --keep-labels [FILE]  save the labels of the company's custom fields, for people who don't have access to them
        --report FILE         write what was found, without any of the company's data or names
        --yes                 make the requests without asking
        """
        from procore_jupyter.check.checkup import Checkup
        from procore_jupyter.connection.checked import checked
        from procore_jupyter.connection.lookup import settings_for
        from procore_jupyter.notebook.panels.check_panel import drawn
        from procore_jupyter.settings.resolve import read_surroundings

        given, text, tables = read_check(line)
        if tables is None and (given.get("filters") or given.get("keep")):
            tables = []
        session = None if text else kernel.session_under(self._names, str(given.get("name", DEFAULT_NAME)))
        if session is None and "name" in given:
            session = self._session(str(given["name"]))
        settings = session.settings if session is not None else settings_for(text, names=self._names)
        if session is not None and session._access_state.state == "waiting":
            session = None  # nothing here may wait for a person
        subject = checked(
            settings,
            front_end="A notebook",
            connect_again="Run  %procore_connect  and then this again.",
            session=session,
        )
        checkup = Checkup(subject, read_surroundings(), tables, filters="filters" in given)
        shown = display({"text/plain": "Checking …"}, raw=True, display_id=True)

        def draw(summary: str, notes: Sequence[str] = ()) -> None:
            shown.update(drawn(checkup.lines, settings.place, summary, notes), raw=True)

        for _ in checkup.first():
            draw("Checking …")
        draw(checkup.summary)
        agreed = bool(checkup.plan) and ("yes" in given or self._agreed(checkup.plan))
        for number, _ in enumerate(checkup.tables() if agreed else ()):
            if number % 5 == 0:
                draw(f"Checking the tables … {checkup.summary}")
        notes = [] if agreed or not checkup.plan else [f"{checkup.plan} Add `--yes` to make them."]
        labels = given.get("keep_labels")
        done = checkup.outcomes(
            keep="keep" in given, keep_labels="" if labels == OWN_FILE else labels, report=given.get("report")
        )
        draw(checkup.summary, [*notes, *done])

    def _agreed(self, plan: str) -> bool:
        """Ask the person; where nobody can be asked, nobody agrees."""
        try:
            return input(f"{plan} Go on? [y/N] ").strip().casefold() in ("y", "yes")
        except StdinNotImplementedError:
            return False

    def _connect(self, given: dict[str, Any], text: str, *, lines: bool) -> None:
        name = _variable(str(given.get("name", DEFAULT_NAME)))
        from procore_jupyter.connection.assemble import How, open_connection
        from procore_jupyter.connection.lookup import settings_for

        existing = kernel.session_under(self._names, name)
        if name in self._names and existing is None:
            raise ConfigurationError(
                f"`{name}` is already something else in this notebook, so it is left unchanged. "
                f"Choose another name:  %procore_connect --name {name}_session …"
            )
        shell = cast("InteractiveShell", self.shell)
        notes = self._notes(text, lines=lines, saving="save" in given)
        pending: list[LoginFlow] = []
        asked: list[Question] = []
        settings = settings_for(text, names=self._names, account=given.get("account"), lines=lines)
        how = How(
            show=pending.append,
            ask=asked.append if kernel.draws_panels(shell) else None,
            person=kernel.somebody_there(shell),
            existing=existing,
            **{one: given[one] for one in ("via", "login", "timeout", "save") if one in given},
        )
        session = open_connection(settings, how)
        shell.push({name: session})
        if asked:
            widgets.ask(asked[-1], name=name, notes=notes, session=session)
            return
        if pending:
            wait = bool(given.get("wait")) and not kernel.draws_outputs_once()
            told = [*session.settings.notices, *notes]
            widgets.show(shell, pending[-1], name=name, notes=told, wait=wait, session=session)
            if not wait:
                return
            pending[-1].wait()
            if kernel.draws_panels(shell):
                return  # the panel turns into the card by itself
        status = session.status()
        if status.state == "not signed in":
            raise LoginRequired(status.problem or "Not signed in. Run %procore_connect again.")
        widgets.signed_in(shell, session, status, name=name, notes=notes)

    def _session(self, name: str) -> Procore:
        if (found := kernel.session_under(self._names, name)) is not None:
            return found
        others = ", ".join(kernel.sessions(self._names))
        hint = f"Sessions: {others}. Say which with --name." if others else "Run %procore_connect first."
        raise UsageError(f"`{name}` is not a Procore session in this notebook. {hint}")

    def _notes(self, text: str, *, lines: bool, saving: bool) -> tuple[str, ...]:
        """Return a line about each secret that stands in the cell, and about each left over in the history."""
        from procore_jupyter.notebook.redaction.connection_text import secrets_in_string

        names = list(dict.fromkeys(span.name for span in secrets_in_string(text, lines=lines) if span.name))
        instead = {**_INSTEAD, **(_SAVED if saving else {})}
        notes = [
            f"{_spoken(one)} is still in this cell and in what your browser received. {instead.get(one, f'Write `{one}=${{VARIABLE}}` instead, with the value in that environment variable.')}"
            for one in names
        ]
        return (*notes, *(self._history.left_over if self._history is not None else ()))


_INSTEAD = {
    "OAuthClientSecret": "Add `--save` once, and from then on `%procore_connect` is enough; or set the environment variable "
    "PROCORE_CLIENT_SECRET. Then delete the secret from the cell."
}
_SAVED = {
    "OAuthClientSecret": "It is saved once you are signed in. Then delete it from the cell.",
    "ProxyPassword": "It is saved once you are signed in. Then delete it from the cell.",
    **dict.fromkeys(
        ("OAuthRefreshToken", "OAuthVerifier", "OAuthAccessToken"),
        "It is used once and not saved: the sign-in that comes from it is stored. Then delete it from the cell.",
    ),
}


def _spoken(name: str) -> str:
    """Return what a note calls a property."""
    return "The client secret" if name == "OAuthClientSecret" else name


def _variable(name: str) -> str:
    """Return a name that a session may stand under; raise UsageError for any other."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"--name needs a variable's name, such as --name {DEFAULT_NAME}.")
    if hasattr(builtins, name) or _IPYTHONS_OWN.fullmatch(name):
        raise UsageError(
            f"--name {name} would hide Python's own `{name}`. Choose another, such as --name {DEFAULT_NAME}."
        )
    return name


def _nothing_else(rest: str, magic: str) -> None:
    if rest:
        raise UsageError(f"{magic} accepts only options.")


def _where(error: BaseException) -> str:
    """Say what went wrong, and where in our own code, without any value that was being worked on."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if (found := frame.filename.replace("\\", "/").rpartition("/procore_jupyter/"))[1]:
            place = f" in procore_jupyter/{found[2]}, line {frame.lineno}"
    return f"Something unexpected happened: {type(error).__name__}{place}. Run the magic again; if this happens again, please report it."
