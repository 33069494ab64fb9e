"""What a way for the browser's answer to come back looks like to `flow.LoginFlow`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse


class ReceiverUnavailable(Exception):
    """One way can't bring the answer back, here and now; another one may.

    Parameters
    ----------
    reason : str
        One sentence for the person, in their words: what is so, and what to do instead. No secret.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Receiver(Protocol):
    """One way back: the Jupyter server, a listener on this machine, or the person's clipboard.

    `open` is called once; then `receive`, again only where its answer was another sign-in's; `close`
    from any thread, any number of times, also where `open` failed or `receive` still runs.
    """

    @property
    def name(self) -> Literal["server", "loopback", "paste"]:
        """Which way this is."""

    @property
    def start_url(self) -> str | None:
        """An address on this machine's or the Jupyter server's side that leads to the authorize page.

        It holds nothing of the authorize link, so it may stand in a saved notebook. None before
        `open`, and where this way has no such page.
        """

    @property
    def paste_url(self) -> str | None:
        """The page where the person can hand over the address that the browser ended on, if there is one."""

    def open(self, request: AuthorizationRequest) -> None:
        """Be ready for the answer to `request`.

        Raises
        ------
        ReceiverUnavailable
            This way can't be used; nothing is left open.
        """

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Wait for the answer and return it; None soon after `stop` is set.

        Raises
        ------
        ReceiverUnavailable
            The way broke while waiting.
        """

    def close(self) -> None:
        """Stop waiting and leave nothing open. Never raises."""
