"""Procore in a notebook: one link, one sign-in, and `procore` is a `requests` session that renews itself.

::

    %load_ext procore_jupyter
    %procore_connect Profile=Procore;OAuthClientId=…;OAuthClientSecret=…;
    procore.get("/rest/v1.0/me").json()

or, in a script::

    procore = procore_jupyter.connect("Profile=Procore;InitiateOAuth=REFRESH;…")

Everything is imported on first use: the notebook and the Jupyter server both load this module at their
start, and neither should pay for the other's half, nor for requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from procore_jupyter.connection.assemble import connect
    from procore_jupyter.connection.procore import Procore
    from procore_jupyter.connection.status import Status
    from procore_jupyter.errors import (
        ConfigurationError,
        ConnectionStringError,
        LoginDenied,
        LoginRequired,
        LoginTimeout,
        NotFound,
        PermissionDenied,
        ProcoreAPIError,
        ProcoreError,
        ProcoreIncompleteWarning,
        ProcoreWarning,
        RateLimited,
        StateMismatch,
        TableNotFound,
        TokenRequestError,
        TokenStoreError,
    )

__version__ = "0.1.0"

_WHERE = {
    "connect": "connection.assemble",
    "Procore": "connection.procore",
    "Status": "connection.status",
    "ConfigurationError": "errors",
    "ConnectionStringError": "errors",
    "LoginDenied": "errors",
    "LoginRequired": "errors",
    "LoginTimeout": "errors",
    "NotFound": "errors",
    "PermissionDenied": "errors",
    "ProcoreAPIError": "errors",
    "ProcoreError": "errors",
    "ProcoreIncompleteWarning": "errors",
    "ProcoreWarning": "errors",
    "RateLimited": "errors",
    "StateMismatch": "errors",
    "TableNotFound": "errors",
    "TokenRequestError": "errors",
    "TokenStoreError": "errors",
}

__all__ = [
    "ConfigurationError",
    "ConnectionStringError",
    "LoginDenied",
    "LoginRequired",
    "LoginTimeout",
    "NotFound",
    "PermissionDenied",
    "Procore",
    "ProcoreAPIError",
    "ProcoreError",
    "ProcoreIncompleteWarning",
    "ProcoreWarning",
    "RateLimited",
    "StateMismatch",
    "Status",
    "TableNotFound",
    "TokenRequestError",
    "TokenStoreError",
    "connect",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = found  # the next look-up doesn't come here
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics to a notebook: what ``%load_ext procore_jupyter`` calls."""
    from procore_jupyter.notebook import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take all of it away again: what ``%unload_ext procore_jupyter`` calls."""
    from procore_jupyter.notebook import unload

    unload(shell)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Say where the Jupyter server finds its half."""
    return [{"module": "procore_jupyter"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    """Add the routes of a sign-in to a Jupyter server."""
    from procore_jupyter.server.extension import load

    load(serverapp)
