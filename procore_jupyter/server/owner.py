"""Who may open a login on this Jupyter server: its owner alone.

A login that a stranger opened would send my code to the stranger. So a kernel proves that it runs as the
server's owner, with something that only the owner can read: the server's token (on JupyterHub its API token),
which stands in ``jpserver-<pid>.json``; if the server has none, because people sign in with a
password, the content of a file that is written for this purpose. A signed-in browser is no proof: a shared
server has signed-in guests.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from procore_jupyter.login.ticket import owner_file_name, to_text


class Owner:
    """Tells the server's owner from everyone else.

    Parameters
    ----------
    server_token : callable
        Returns the server's token; empty or None if it has none.
    folder : Path
        Jupyter's runtime folder.
    """

    def __init__(self, server_token: Callable[[], str | None], folder: Path) -> None:
        self._server_token = server_token
        self._folder = folder
        self._pid = os.getpid()
        self._secret: str | None = None

    def accepts(self, proof: str) -> bool:
        """Tell whether this proves that the request comes from the owner."""
        expected = self._server_token() or self._secret
        if not expected:
            return False
        return hmac.compare_digest(proof.encode(errors="replace"), expected.encode())

    def write_file(self) -> None:
        """Write the owner's file, readable by the owner alone, if the server has no token.

        Raises
        ------
        OSError
            The file can't be written: then no login can be opened, and people paste.
        """
        self._remove_stale_files()
        if self._server_token():
            return
        raw = secrets.token_bytes(32)
        path = self._folder / owner_file_name(self._pid)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()  # left by an earlier process that had our number
        # O_EXCL follows no link, and opens no file that somebody else put there.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(raw)
        self._secret = to_text(raw)

    def remove_file(self) -> None:
        """Remove the owner's file again. Never raises."""
        if (
            self._secret is None or os.getpid() != self._pid
        ):  # a forked child exits too, but the file isn't its own
            return
        self._secret = None
        with contextlib.suppress(OSError):
            (self._folder / owner_file_name(self._pid)).unlink()

    def _remove_stale_files(self) -> None:
        """Remove the files that killed servers left."""
        with contextlib.suppress(OSError):
            for path in [*self._folder.iterdir()]:
                found = re.fullmatch(re.escape(owner_file_name(0))[:-1] + r"(\d+)", path.name)
                if found and not self._is_running(int(found[1])):
                    with contextlib.suppress(OSError):
                        path.unlink()

    def _is_running(self, pid: int) -> bool:
        if os.name != "posix":  # signal 0 is a Ctrl-C on Windows
            return (self._folder / f"jpserver-{pid}.json").exists()
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except (OSError, OverflowError):
            return True
        return True
