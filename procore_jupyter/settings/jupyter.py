"""What an environment tells of the Jupyter server around this process.

The runtime folder is worked out by the rules of ``jupyter_core.paths.jupyter_runtime_dir``, and a test compares the
two. Jupyter's own function can't be used here: only `notebook`, `server` and `cli` may import Jupyter's packages.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from procore_jupyter.secret import Secret

_NO = ("no", "n", "false", "off", "0", "0.0")
"""What Jupyter reads as "no" in a variable."""


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
        The Hub as a browser reaches it (``https://hub.example/hub/``): ``JUPYTERHUB_PUBLIC_HUB_URL``, or else worked
        out of ``JUPYTERHUB_PUBLIC_URL`` and the prefix. Often unknown.
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
        ``JPY_PARENT_PID``: the process that started this kernel, usually the Jupyter server.
    hub : Hub or None
        The JupyterHub around the server.
    voila : bool
        Whether Voila runs this notebook: it has no stdin, and yet a person looks at the page.
    browser_elsewhere : bool
        Whether Google Colab or a Jupyter kernel gateway runs this kernel: the person's browser reaches nothing on
        this machine.
    """

    runtime_folder: Path
    parent_pid: int | None = None
    hub: Hub | None = None
    voila: bool = False
    browser_elsewhere: bool = False


def surroundings_of(environ: Mapping[str, str], platform: str = sys.platform) -> Surroundings:
    """Return what an environment tells of Jupyter.

    Parameters
    ----------
    environ : mapping of str to str
        The environment.
    platform : str
        The operating system, as in `sys.platform`.
    """
    return Surroundings(
        runtime_folder=Path(_runtime_folder(environ, platform)),
        parent_pid=_parent_pid(environ, platform),
        hub=_hub(environ),
        voila="VOILA_REQUEST_URL" in environ or "VOILA_PREHEAT" in environ,  # Voila sets both for its kernels
        # Colab imports its own package before the first cell; a kernel gateway sets the variable for its kernels.
        browser_elsewhere="google.colab" in sys.modules or "KERNEL_GATEWAY" in environ,
    )


def _runtime_folder(environ: Mapping[str, str], platform: str) -> str:
    return environ.get("JUPYTER_RUNTIME_DIR") or os.path.join(_data_folder(environ, platform), "runtime")


def _data_folder(environ: Mapping[str, str], platform: str) -> str:
    if environ.get("JUPYTER_DATA_DIR"):
        return environ["JUPYTER_DATA_DIR"]
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME") or os.path.expanduser("~")
    by_platform = environ.get("JUPYTER_PLATFORM_DIRS", "no").lower() not in _NO
    if platform == "darwin":
        if by_platform:
            name = "jupyter" if sys.prefix.startswith("/opt/homebrew") else "Jupyter"
            return os.path.join(home, "Library", "Application Support", name)
        return os.path.join(os.path.realpath(home), "Library", "Jupyter")
    if platform == "win32":
        if by_platform:
            local = environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
            return os.path.join(local, "Jupyter")
        if environ.get("APPDATA"):
            return os.path.join(environ["APPDATA"], "jupyter")
        config = environ.get("JUPYTER_CONFIG_DIR") or os.path.join(os.path.realpath(home), ".jupyter")
        return os.path.join(config, "data")
    share = os.path.join(home if by_platform else os.path.realpath(home), ".local", "share")
    return os.path.join(environ.get("XDG_DATA_HOME") or share, "jupyter")


def _parent_pid(environ: Mapping[str, str], platform: str) -> int | None:
    told = environ.get("JPY_PARENT_PID", "")
    if not (told.isascii() and told.isdecimal()) or len(told) > 19 or int(told) == 0:
        return None
    return _pid_of_handle(int(told)) if platform == "win32" else int(told)


def _pid_of_handle(handle: int) -> int | None:
    # On Windows the variable holds an inherited handle of the server's process. Not yet run on Windows.
    import ctypes

    windll = getattr(ctypes, "windll", None)
    return (int(windll.kernel32.GetProcessId(handle)) or None) if windll is not None else None


def _hub(environ: Mapping[str, str]) -> Hub | None:
    token, service = environ.get("JUPYTERHUB_API_TOKEN"), environ.get("JUPYTERHUB_SERVICE_URL")
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if not token or not service or not prefix:
        return None
    public: str | None = environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or None
    own = environ.get("JUPYTERHUB_PUBLIC_URL", "")
    if public is None and own.rstrip("/").endswith(prefix.rstrip("/")):
        base = environ.get("JUPYTERHUB_BASE_URL") or "/"
        public = own.rstrip("/").removesuffix(prefix.rstrip("/")) + base.rstrip("/") + "/hub/"
    return Hub(
        api_token=Secret(token),
        service_url=service,
        service_prefix=prefix,
        public_url=public,
        server_name=environ.get("JUPYTERHUB_SERVER_NAME", ""),
    )
