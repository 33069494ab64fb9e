"""``%%procore_sql``: SQL over Procore's tables. It reads its line, asks the session, and shows the result."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING, Any, cast

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from procore_jupyter.errors import ProcoreError
from procore_jupyter.notebook import kernel
from procore_jupyter.notebook.magics import DEFAULT_NAME, Interrupted, in_one_line
from procore_jupyter.notebook.options import read_sql
from procore_jupyter.notebook.panels.status_card import message

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class NotReached(ProcoreError):
    """Procore can't be reached, so a query has no answer."""


@magics_class
class SQLMagics(Magics):
    """The magic with which a person asks Procore's tables in SQL."""

    @no_var_expand
    @line_cell_magic
    @in_one_line
    def procore_sql(self, line: str, cell: str | None = None) -> None:
        """Answer a query in SQL over Procore's tables, and show the result, or put it into a variable.

        ::

            %%procore_sql [options] [NAME <<]
            SELECT p.name, count(*) AS open_rfis
            FROM rfis r JOIN projects p ON r.project_id = p.id
            WHERE r.status = 'open' GROUP BY ALL

            %procore_sql EXPLAIN SELECT …      tells what a query would ask for, without a request
            %procore_sql SHOW TABLES           lists the tables; DESCRIBE rfis tells the columns of one

        The SQL is DuckDB's. A table holds the rows of all projects that you may see; where the query names no project, the
        chosen one is read, else the active ones. `$name` stands for the value of a variable, and a data frame of the
        notebook is a table of its name.

        Options
        -------
        --projects WHICH   active, all, or names: "Harbor Tower, Depot North"
        --go               make the requests of a query that said it needs many
        --session NAME     the variable that holds the session (procore)
        """
        given, name, text = read_sql(line)
        if cell is not None:
            text = f"{text}\n{cell}"  # so that the lines of an error are the cell's own
        if name:
            _check_variable(name)
        import requests

        shell = cast("InteractiveShell", self.shell)
        names: dict[str, Any] = shell.user_ns
        session = kernel.session_named(names, str(given.get("session", DEFAULT_NAME)), "--session")
        answer, lost = None, ""
        try:
            answer = session.sql(text, names, frames=names, projects=given.get("projects"), go="go" in given)
        except KeyboardInterrupt:
            pass
        except ProcoreError:  # what Procore answers is requests' error as well
            raise
        except requests.RequestException as error:
            lost = str(error)
        if lost:  # outside the except clause: the new error keeps no link to the old one's frames
            raise NotReached(f"{lost} What has come is kept: asked again, the query goes on from there.")
        if answer is None:
            raise Interrupted("stopped. What has come is kept: asked again, the query goes on from there.")
        if not name:
            display(answer)
            return
        shell.push({name: answer})
        display(message(f"`{name}` · {answer.caption}"), raw=True)


def _check_variable(name: str) -> None:
    if keyword.iskeyword(name) or hasattr(builtins, name):
        raise UsageError(f"{name} << would hide Python's own `{name}`. Choose another name.")
