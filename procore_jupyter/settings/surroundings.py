"""Where this process runs, as far as its environment tells. Filled by `settings.read_surroundings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from procore_jupyter.secret import Secret


@dataclass(frozen=True)
class Hub:
    """The JupyterHub whose single-user server this kernel belongs to.

    Parameters
    ----------
    api_token : Secret
        ``JUPYTERHUB_API_TOKEN``: proves to the single-user server that we are its owner.
    service_url : str
        ``JUPYTERHUB_SERVICE_URL``: the single-user server as this machine reaches it.
    service_prefix : str
        ``JUPYTERHUB_SERVICE_PREFIX``: ``/user/NAME/`` or ``/user/NAME/SERVER/``.
    public_url : str or None
        ``JUPYTERHUB_PUBLIC_HUB_URL``, else what ``JUPYTERHUB_PUBLIC_URL`` and the prefix tell: the
        Hub as a browser reaches it (``https://hub.example/hub/``). Often unknown.
    server_name : str
        ``JUPYTERHUB_SERVER_NAME``; empty for the default server.
    """

    api_token: Secret
    service_url: str
    service_prefix: str
    public_url: str | None = None
    server_name: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What the environment tells of the Jupyter server around this kernel.

    Parameters
    ----------
    runtime_folder : Path
        Jupyter's runtime folder, where running servers leave ``jpserver-<pid>.json``.
    parent_pid : int or None
        ``JPY_PARENT_PID``: the process that started this kernel; usually the Jupyter server.
    hub : Hub or None
        The JupyterHub around it.
    voila : bool
        Voila runs this notebook: it takes no stdin, and yet a person looks at the page.
    browser_elsewhere : bool
        Google Colab or a Jupyter kernel gateway runs this kernel: the person's browser reaches nothing here.
    """

    runtime_folder: Path
    parent_pid: int | None = None
    hub: Hub | None = field(default=None)
    voila: bool = False
    browser_elsewhere: bool = False
