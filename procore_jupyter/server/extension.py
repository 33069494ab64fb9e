"""Adds our routes to a Jupyter server when it starts."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from procore_jupyter.server import handlers
from procore_jupyter.server.logins import Logins
from procore_jupyter.server.owner import Owner

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def load(serverapp: ServerApp) -> None:
    """Add the routes, and write the owner's file if the server has no token.

    Jupyter calls this through ``procore_jupyter._load_jupyter_server_extension``.
    """
    # On JupyterHub the identity provider's token is the server's JUPYTERHUB_API_TOKEN.
    owner = Owner(lambda: serverapp.identity_provider.token, Path(serverapp.runtime_dir))
    try:
        owner.write_file()
    except OSError as error:
        serverapp.log.warning(
            "procore-jupyter: no file can be made in %s (%s), so notebooks on this server sign in to Procore by"
            " pasting an address. Make the folder writable and restart the server.",
            serverapp.runtime_dir,
            error.strerror,
        )
    # Jupyter has no hook for the end of a plain extension, but turns SIGTERM and SIGINT into an orderly
    # exit. The file that a killed server leaves behind is removed by the next start.
    atexit.register(owner.remove_file)

    logins = Logins()
    person = {"logins": logins}
    kernel = {"logins": logins, "owner": owner}
    routes: list[tuple[str, type, dict[str, object]]] = [
        ("callback", handlers.CallbackHandler, {**person}),
        ("start", handlers.StartHandler, {**person}),
        ("paste", handlers.PasteHandler, {**person}),
        ("logins", handlers.LoginsHandler, {**kernel}),
        ("logins/result", handlers.ResultHandler, {**kernel}),
        ("health", handlers.HealthHandler, {}),
    ]
    application: Any = serverapp.web_app  # its add_handlers is tornado's; Jupyter has no types for it
    base = url_path_join(application.settings["base_url"], "procore-jupyter")
    application.add_handlers(
        ".*$", [(url_path_join(base, path), handler, settings) for path, handler, settings in routes]
    )
