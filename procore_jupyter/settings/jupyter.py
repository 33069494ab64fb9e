"""What an environment tells of the Jupyter around this process.

Jupyter's runtime folder is worked out as ``jupyter_core.paths.jupyter_runtime_dir`` does (a test compares the
two), without importing it: this runs below the wall that keeps Jupyter's packages out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from procore_jupyter.secret import Secret
from procore_jupyter.settings.surroundings import Hub, Surroundings


def surroundings_of(environ: Mapping[str, str], platform: str = sys.platform) -> Surroundings:
    """Return what the environment tells.

    Parameters
    ----------
    environ : mapping of str to str
        The environment.
    platform : str
        As `sys.platform`.
    """
    return Surroundings(
        runtime_folder=Path(_runtime_folder(environ, platform)),
        parent_pid=_parent_pid(environ, platform),
        hub=_hub(environ),
        voila="VOILA_REQUEST_URL" in environ or "VOILA_PREHEAT" in environ,  # it gives both to its kernels
        # Colab's kernels have imported its own package before the first cell; a kernel gateway gives its kernels
        # the variable.
        browser_elsewhere="google.colab" in sys.modules or "KERNEL_GATEWAY" in environ,
    )


def _runtime_folder(environ: Mapping[str, str], platform: str) -> str:
    return environ.get("JUPYTER_RUNTIME_DIR") or os.path.join(_data_folder(environ, platform), "runtime")


def _data_folder(environ: Mapping[str, str], platform: str) -> str:
    if environ.get("JUPYTER_DATA_DIR"):
        return environ["JUPYTER_DATA_DIR"]
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME") or os.path.expanduser("~")
    by_platform = environ.get("JUPYTER_PLATFORM_DIRS", "no").lower() not in (
        "no",
        "n",
        "false",
        "off",
        "0",
        "0.0",
    )
    if platform == "darwin":
        if by_platform:
            name = "jupyter" if sys.prefix.startswith("/opt/homebrew") else "Jupyter"
            return os.path.join(home, "Library", "Application Support", name)
        return os.path.join(os.path.realpath(home), "Library", "Jupyter")
    if platform == "win32":
        if by_platform:
            return os.path.join(
                environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "Jupyter"
            )
        if environ.get("APPDATA"):
            return os.path.join(environ["APPDATA"], "jupyter")
        return os.path.join(
            environ.get("JUPYTER_CONFIG_DIR") or os.path.join(os.path.realpath(home), ".jupyter"), "data"
        )
    share = os.path.join(home if by_platform else os.path.realpath(home), ".local", "share")
    return os.path.join(environ.get("XDG_DATA_HOME") or share, "jupyter")


def _parent_pid(environ: Mapping[str, str], platform: str) -> int | None:
    told = environ.get("JPY_PARENT_PID", "")
    if not (told.isascii() and told.isdecimal()) or len(told) > 19 or int(told) == 0:
        return None
    return _pid_of_handle(int(told)) if platform == "win32" else int(told)


def _pid_of_handle(handle: int) -> int | None:
    # On Windows the variable holds an inherited handle of the server's process. Not run: no Windows at hand.
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
