"""Procore in a notebook: one link, one sign-in, and `procore` is a `requests` session that renews itself.

::

    %load_ext procore_jupyter
    %procore_connect Profile=Procore;OAuthClientId=…;OAuthClientSecret=…;
    procore.get("/rest/v1.0/me").json()

or, in a script::

    procore = procore_jupyter.connect("Profile=Procore;InitiateOAuth=REFRESH;…")

Everything but the errors is imported on first use: the notebook and the Jupyter server both load this module at
their start, and neither should pay for the other's half, nor for requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import *  # noqa: F403 - what `errors.__all__` names
from procore_jupyter.errors import __all__ as _ERRORS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.assemble import connect as connect
    from procore_jupyter.connection.procore import Procore as Procore
    from procore_jupyter.connection.status import Status as Status
    from procore_jupyter.session.api_errors import NotFound as NotFound
    from procore_jupyter.session.api_errors import PermissionDenied as PermissionDenied
    from procore_jupyter.session.api_errors import ProcoreAPIError as ProcoreAPIError
    from procore_jupyter.session.api_errors import RateLimited as RateLimited
    from procore_jupyter.tables.display.record import Record as Record
    from procore_jupyter.tables.excel import to_excel as to_excel
    from procore_jupyter.tables.table import Table as Table

__version__ = "0.1.0"

_ON_FIRST_USE = {
    "connect": "connection.assemble",
    "Procore": "connection.procore",
    "Status": "connection.status",
    "NotFound": "session.api_errors",
    "PermissionDenied": "session.api_errors",
    "ProcoreAPIError": "session.api_errors",
    "RateLimited": "session.api_errors",
    "Record": "tables.display.record",
    "Table": "tables.table",
    "to_excel": "tables.excel",
}

_OF_A_SESSION = (
    "companies", "download", "get", "get_all", "logout", "me", "post", "projects", "status", "table", "tables", "use",
)  # fmt: skip
"""What a person may look for in this module, and finds in a session."""

__all__ = [*_ERRORS, *_ON_FIRST_USE]


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        hint = (
            f". It belongs to a session: run  %load_ext procore_jupyter  and  %procore_connect, then use  procore.{name}"
            if name in _OF_A_SESSION
            else ""
        )
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_ON_FIRST_USE[name]}"), name)
    globals()[name] = found  # the next look-up doesn't come here
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to a notebook: what ``%load_ext procore_jupyter`` calls."""
    from procore_jupyter.notebook import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again: what ``%unload_ext procore_jupyter`` calls."""
    from procore_jupyter.notebook import unload

    unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Say where the Jupyter server finds its half."""
    return [{"module": "procore_jupyter"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    """Add the routes of a login to a Jupyter server."""
    from procore_jupyter.server.extension import load

    load(serverapp)
