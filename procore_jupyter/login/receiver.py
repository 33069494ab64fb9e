"""The interface that `flow.LoginFlow` expects of a receiver."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse


class ReceiverUnavailable(Exception):
    """One receiver can't bring the response, here and now; another one may.

    Parameters
    ----------
    reason : str
        One sentence for the person: what is wrong, and what to do instead. It holds no secret.
    for_all : bool
        No other receiver may bring it either: a stranger could take the response on its way.
    """

    def __init__(self, reason: str, *, for_all: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_all = for_all


class Receiver(Protocol):
    """Brings the browser's response back: over the Jupyter server, a listener on this machine, or the person's clipboard.

    `open` is called once; then `receive`, again only after a response that belongs to another login; `close`
    from any thread, any number of times, also if `open` failed or `receive` still runs.
    """

    @property
    def name(self) -> Literal["server", "loopback", "paste"]:
        """The kind of receiver."""

    @property
    def start_url(self) -> str | None:
        """An address on this machine or the Jupyter server that redirects to the authorize page.

        It holds nothing of the authorize link, and works once and for this user alone, so it may stand in a saved
        notebook. None before `open`, for a receiver without such a page, and where other users can't be kept out.
        """

    @property
    def paste_url(self) -> str | None:
        """The page with a form for the address that the browser ended on; None without such a page."""

    def open(self, request: AuthorizationRequest) -> None:
        """Get ready for the response to `request`.

        Raises
        ------
        ReceiverUnavailable
            The receiver can't work; nothing is left open.
        """

    def renew_start_url(self) -> None:
        """Make `start_url` one that works, if the one before has been used. Never raises."""

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Wait for the response and return it; return None soon after `stop` is set.

        Raises
        ------
        ReceiverUnavailable
            The receiver broke while it waited.
        """

    def close(self) -> None:
        """Stop waiting and leave nothing open. Never raises."""
