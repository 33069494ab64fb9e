"""Ticket and state: the secret that ties a kernel to the authorization response it waits for.

The kernel makes a ticket, 32 random bytes, and shows the world only its hash: the ``state`` of the
authorization request (RFC 6749, section 10.12). Whoever sees the state in a browser can't compute the
ticket, and only the ticket fetches the response from the Jupyter server.

Kernel and Jupyter server both import this module, and may have different environments: it needs
nothing but the standard library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import NoReturn
from urllib.parse import quote

TICKET_HEADER = "X-Procore-Ticket"
"""Carries the ticket from the kernel to the Jupyter server."""

OWNER_HEADER = "X-Procore-Owner"
"""Carries the kernel's proof that it belongs to the owner of the Jupyter server."""

_BYTES = 32
_TEXT_LENGTH = 43  # characters of 32 bytes in base64url without padding


def owner_file_name(pid: int) -> str:
    """Return the name of the file in Jupyter's runtime folder that proves the owner of a server without a token.

    Parameters
    ----------
    pid : int
        The Jupyter server's process id.
    """
    return f"procore-jupyter-owner-{pid}"


def to_text(raw: bytes) -> str:
    """Return bytes as base64url without padding (RFC 4648, section 5), as they travel in headers."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


class Ticket:
    """The kernel's secret for one login. No `repr` and no pickle shows it.

    Parameters
    ----------
    raw : bytes
        The 32 bytes.
    server_name : str
        The name of the JupyterHub server that waits for the response; empty for the default one.

    Raises
    ------
    ValueError
        `raw` has another length than 32 bytes.
    """

    __slots__ = ("_raw", "_server_name")

    def __init__(self, raw: bytes, server_name: str = "") -> None:
        if len(raw) != _BYTES:
            raise ValueError(f"A ticket has {_BYTES} bytes, not {len(raw)}.")
        self._raw = raw
        self._server_name = server_name

    @classmethod
    def create(cls, server_name: str = "") -> Ticket:
        """Make a new ticket, which nobody can guess."""
        return cls(secrets.token_bytes(_BYTES), server_name)

    @classmethod
    def from_header(cls, text: str) -> Ticket:
        """Parse a ticket as `header` writes it.

        Raises
        ------
        ValueError
            The text is no ticket. The message doesn't repeat it.
        """
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=")
        except (UnicodeEncodeError, binascii.Error):
            raw = b""
        # Decoding forgives foreign characters and spare bits: only a text that we would write ourselves is accepted.
        if len(text) != _TEXT_LENGTH or len(raw) != _BYTES or to_text(raw) != text:
            raise ValueError("That is not a ticket.")
        return cls(raw)

    @property
    def header(self) -> str:
        """The ticket itself, for `TICKET_HEADER` and for nothing else."""
        return to_text(self._raw)

    @property
    def key(self) -> str:
        """The base64url SHA-256 of the ticket, by which the Jupyter server knows the login."""
        return to_text(hashlib.sha256(self._raw).digest())

    @property
    def state(self) -> str:
        """The ``state`` of the authorization request: `key`, and ``.NAME`` on a named JupyterHub server."""
        if not self._server_name:
            return self.key
        # "~" in place of "%": the name stands in a URL's query on the way there and in a path on the way back.
        name = quote(self._server_name, safe="").replace("~", "%7E").replace("%", "~")
        return f"{self.key}.{name}"

    def __repr__(self) -> str:
        return "Ticket(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ticket can't be pickled: it would be written in the clear")


def split_state(state: str) -> tuple[str, str]:
    """Split a state into the login's key and the name of a JupyterHub server.

    Returns
    -------
    key : str
        The login's key; see `Ticket.key`.
    name : str
        The named JupyterHub server that waits for the response, percent-encoded for a URL's path; empty
        for the default server.
    """
    key, _, name = state.partition(".")
    return key, name.replace("~", "%")
