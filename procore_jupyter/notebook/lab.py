"""What JupyterLab's sidebar asks a kernel: a question as JSON goes in, an answer as JSON comes out.

The sidebar evaluates ``answer('…')`` in a silent request, on a subshell that it made for itself, so `answer` runs in any
thread, also while a cell runs. It never raises, draws nothing, and never takes longer than a moment: whatever asks the
network is a `Task`, of which the answer is a ticket until it is done. Only `connect` changes the notebook: it loads the
extension, and puts the session where ``%procore_connect`` would.

Questions: ``state``, ``connect``, ``submit`` (the form), ``cancel`` and ``paste`` (a pending sign-in), ``settle`` (wait for its
end), ``who``, ``use``, ``projects``, ``sign_out``, ``tables``, ``table``, ``preview``; ``result`` and ``stop`` of a ticket.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.getipython import get_ipython

from procore_jupyter.errors import ConfigurationError, LoginRequired
from procore_jupyter.notebook import kernel, lab_catalog, lab_sessions
from procore_jupyter.notebook.lab_tasks import PATIENCE, Tasks

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.procore import Procore

VERSION = 1
"""The version of questions and answers; the sidebar and a kernel of different versions say so to the person."""

NAME = "procore"
"""The variable that holds a session made by the sidebar."""

PREVIEW_ROWS = 100
"""Rows of a preview."""

LISTED = 50
"""Projects of one answer, at most."""

SETTLING = 15.0
"""Seconds that a task waits for the end of a sign-in whose answer has arrived."""

_namespace = threading.Lock()
"""Held while the notebook's namespace is looked at and changed."""

_tasks = Tasks()


class LabQuestion(NamedTuple):
    """One question.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    given : mapping
        What the question says.
    """

    shell: InteractiveShell
    given: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """Return a text of the question."""
        found = self.given.get(name, default)
        return found if isinstance(found, str) else default

    @property
    def name(self) -> str:
        """The variable of the session that is meant: the one that is named, else ours, else the first."""
        names = [*kernel.sessions(self.shell.user_ns)]
        wanted = self.text("name", NAME)
        return wanted if wanted in names or not names else NAME if NAME in names else names[0]

    @property
    def found(self) -> Procore | None:
        """The session that is meant; None if there is none."""
        return kernel.session_under(self.shell.user_ns, self.name)

    @property
    def session(self) -> Procore:
        """The session that is meant. Raises LoginRequired if there is none."""
        if (found := self.found) is None:
            raise LoginRequired("Not connected to Procore any more. Connect again.")
        return found


def answer(text: str) -> str:
    """Return the answer to one question, both JSON of ASCII characters alone."""
    try:
        given = json.loads(text)
        shell = get_ipython()
        if shell is None:
            raise ConfigurationError("There is no notebook here.")
        said = _answered(LabQuestion(shell, given))
    except Exception as error:
        said = {"error": lab_sessions.worded(error)}
    return json.dumps({"v": VERSION, **said})


def _answered(asked: LabQuestion) -> dict[str, Any]:
    what = asked.text("question")
    if what in ("result", "stop"):
        return _of_ticket(asked, stop=what == "stop")
    if (quick := _QUICK.get(what)) is not None:
        return {"ok": quick(asked)}
    if (slow := _SLOW.get(what)) is not None:
        ticket = _tasks.begin(lambda: slow(asked))
        return _of_ticket(asked, ticket)
    raise ConfigurationError(f"This kernel's procore-jupyter doesn't know the question {what!r:.40}.")


def _of_ticket(asked: LabQuestion, ticket: int | None = None, *, stop: bool = False) -> dict[str, Any]:
    """Return a task's result; its ticket while there is none."""
    number = asked.given.get("ticket") if ticket is None else ticket
    task = _tasks.find(number)
    if task is None or not isinstance(number, int):
        raise ConfigurationError("This kernel doesn't remember what was asked. Try again.")
    if stop:
        task.stop()
    if not task.wait(PATIENCE):
        return {"ticket": number, "waiting": task.waiting}
    _tasks.end(number)
    return {"ok": task.result} if task.error is None else {"error": lab_sessions.worded(task.error)}


# Questions that are answered from memory


def _state(asked: LabQuestion) -> dict[str, Any]:
    """Return what the sidebar shows: which sessions there are, and how far the one that is meant is."""
    session = asked.found
    signed_in = session is not None and session._access_state.state in ("signed in", "no sign-in")
    return {
        "sessions": [*kernel.sessions(asked.shell.user_ns)],
        "name": asked.name,
        "catalog": lab_catalog.version_of(session),
        "session": None if session is None else lab_sessions.described(session, asked.name),
        "offers": None if signed_in else lab_sessions.offers(session),
    }


def _cancel(asked: LabQuestion) -> dict[str, Any]:
    session = asked.session
    if session._question is not None:
        session._question.cancel()
    elif session.login_flow is not None:
        session.login_flow.cancel()
    return _state(asked)


def _paste(asked: LabQuestion) -> dict[str, Any]:
    flow = asked.session.login_flow
    said = "This sign-in is not open." if flow is None else flow.paste(asked.text("text"))
    return {"said": said or ""}


def _tables(asked: LabQuestion) -> dict[str, Any]:
    return lab_catalog.listed(asked.found)


def _table(asked: LabQuestion) -> dict[str, Any]:
    return lab_catalog.opened(asked.found, asked.text("table"))


# Questions that may ask the network, or a person


def _connect(asked: LabQuestion) -> dict[str, Any]:
    """Connect as ``%procore_connect`` does, and draw nothing; a form or a sign-in that is needed stands in the state."""
    from procore_jupyter.connection.assemble import open_connection
    from procore_jupyter.connection.lookup import settings_for

    shell = asked.shell
    with _namespace:
        extensions = shell.extension_manager
        if extensions is not None and "procore_jupyter" not in extensions.loaded:
            extensions.load_extension("procore_jupyter")
        existing = kernel.session_under(shell.user_ns, NAME)
        if NAME in shell.user_ns and existing is None:
            raise ConfigurationError(
                f"`{NAME}` is already something else in this notebook, and is left as it is. Rename that variable, or run "
                f"%procore_connect --name another_name"
            )
    text = asked.text("text")
    quiet = lab_sessions.quiet(via=asked.text("via") or None, existing=existing)
    session = open_connection(settings_for(text), quiet)
    with _namespace:
        shell.push({NAME: session})
    lab_sessions.remember_line(session, text)
    return _state(asked)


def _submit(asked: LabQuestion) -> dict[str, Any]:
    """Answer the form; where it was only offered, connect first, so that there is a session that asks."""
    question = None if asked.found is None else asked.found._question
    if question is None or not question.open:
        _connect(asked)
    lab_sessions.submit(asked.session, asked.given.get("fields"))
    return _state(asked)


def _settle(asked: LabQuestion) -> dict[str, Any]:
    """Wait a while for the end of a sign-in whose answer has arrived, or may have."""
    flow = asked.session.login_flow
    if flow is not None:
        lab_sessions.wait_for(flow, SETTLING if asked.given.get("arrived") else 1.0)
    return _state(asked)


def _who(asked: LabQuestion) -> dict[str, Any]:
    asked.session.status()
    return _state(asked)


def _use(asked: LabQuestion) -> dict[str, Any]:
    company, project = asked.given.get("company"), asked.given.get("project")
    asked.session.use(company=company, project=project)
    return _state(asked)


def _projects(asked: LabQuestion) -> dict[str, Any]:
    return lab_sessions.projects(asked.session, asked.text("search"), LISTED)


def _sign_out(asked: LabQuestion) -> dict[str, Any]:
    asked.session.logout()
    return _state(asked)


def _preview(asked: LabQuestion) -> dict[str, Any]:
    given = asked.given.get("parameters")
    parameters = dict(given) if isinstance(given, dict) else {}
    return lab_sessions.first_rows(asked.session, asked.text("table"), parameters, PREVIEW_ROWS)


_QUICK: Mapping[str, Callable[[LabQuestion], Any]] = {
    "state": _state,
    "cancel": _cancel,
    "paste": _paste,
    "table": _table,
    "tables": _tables,
}
_SLOW: Mapping[str, Callable[[LabQuestion], Any]] = {
    "connect": _connect,
    "preview": _preview,
    "projects": _projects,
    "settle": _settle,
    "sign_out": _sign_out,
    "submit": _submit,
    "use": _use,
    "who": _who,
}
