"""The receivers of one login, run side by side: each has a thread that opens it and waits for its responses.

Which response counts is not decided here: `flow.LoginFlow` is asked about each.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.login.receiver import Receiver, ReceiverUnavailable

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

log = logging.getLogger(__name__)

STRAY_RESPONSES = 20
"""Responses of other logins that one receiver may bring before it is given up."""


class RunningReceivers:
    """The receivers of one login while they run.

    Parameters
    ----------
    receivers : Sequence of Receiver
        The receivers to try.
    consider : Callable
        Called with every response, on its receiver's thread; returns whether it belongs to this login.
    changed : Callable
        Called when a receiver opened or was lost.
    all_lost : Callable
        Called when no receiver is left, or none may go on, with the reason.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        *,
        consider: Callable[[Receiver, AuthorizationResponse], bool],
        changed: Callable[[], None],
        all_lost: Callable[[str], None],
    ) -> None:
        self._consider = consider
        self._changed = changed
        self._all_lost = all_lost
        self._lock = threading.Lock()  # guards the next four attributes; never held during a call out
        self._left: tuple[Receiver, ...] = tuple(receivers)
        self._opened: tuple[Receiver, ...] = ()
        self._reasons: tuple[str, ...] = ()
        self._stopped = False
        self._stop = threading.Event()
        self._ports_free = threading.Event()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the open receivers."""
        return tuple(one.name for one in self._opened)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the others are not open, a sentence each."""
        return self._reasons

    @property
    def start_url(self) -> str | None:
        """The first receiver's address that redirects to the provider."""
        return next((url for one in self._opened if (url := one.start_url)), None)

    @property
    def paste_url(self) -> str | None:
        """The first receiver's page with a paste form."""
        return next((url for one in self._opened if (url := one.paste_url)), None)

    @property
    def paste(self) -> PasteReceiver | None:
        """The receiver of pasted responses."""
        return next((one for one in self._opened if isinstance(one, PasteReceiver)), None)

    def open_all(self, request: AuthorizationRequest, *, timeout: float) -> None:
        """Open all at once; return when each is open or lost, at the latest after `timeout` seconds.

        A slower receiver goes on opening and joins later.
        """
        receivers = self._left
        if not receivers:
            self._all_lost("there is no way for the answer to come back. Check CallbackURL.")
        ready = [threading.Event() for _ in receivers]
        for receiver, opened in zip(receivers, ready, strict=True):
            threading.Thread(
                target=self._run,
                args=(receiver, request, opened),
                name=f"procore login {receiver.name}",
                daemon=True,
            ).start()
        latest = time.monotonic() + timeout
        for opened in ready:
            opened.wait(max(0.0, latest - time.monotonic()))

    def renew_start_url(self) -> None:
        """Make `start_url` one that works, if the one before has been used. A server may take its time to answer."""
        for one in self._opened:
            one.renew_start_url()

    def close_all(self) -> None:
        """Close all at once, on a thread of its own: a server may take its time to answer."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            # The quick ones first: an open port must not wait for a server's answer.
            receivers = sorted(self._left, key=lambda one: one.name == "server")
            self._left = self._opened = ()
        self._stop.set()

        def close_each() -> None:
            for one in receivers:
                if one.name == "server":
                    self._ports_free.set()
                with contextlib.suppress(Exception):
                    one.close()
            self._ports_free.set()

        try:
            threading.Thread(target=close_each, name="procore login close", daemon=True).start()
        except RuntimeError:  # the interpreter exits and starts no more threads
            close_each()

    def wait_until_ports_free(self, timeout: float) -> None:
        """Return when `close_all` has closed every port on this machine, at the latest after `timeout` seconds."""
        self._ports_free.wait(timeout)

    def _run(self, receiver: Receiver, request: AuthorizationRequest, opened: threading.Event) -> None:
        """Open one receiver, bring its responses and close it."""
        reason: str | None = None
        try:
            receiver.open(request)
            if self._joined(receiver):
                opened.set()
                self._changed()
                reason = self._bring_responses(receiver)
        except ReceiverUnavailable as why:
            reason = why.reason
            if why.for_all:
                self._all_lost(reason)
        except Exception as error:
            # The type alone: the text of a foreign error may hold an address with the code in it.
            log.warning("login: the receiver %r broke (%s)", receiver.name, type(error).__name__)
            reason = f"One way for the answer to come back failed ({type(error).__name__})."
        finally:
            receiver.close()
        self._lose(receiver, reason)
        opened.set()

    def _joined(self, receiver: Receiver) -> bool:
        with self._lock:
            if self._stopped:
                return False
            both = (*self._opened, receiver)
            self._opened = tuple(one for one in self._left if one in both)
        return True

    def _bring_responses(self, receiver: Receiver) -> str | None:
        """Bring a receiver's responses until it has no more; return a reason if too many belong to other logins."""
        strays = 0
        while strays < STRAY_RESPONSES:
            response = receiver.receive(self._stop)
            if response is None:
                return None
            if not self._consider(receiver, response):
                strays += 1
        return "One way for the answer to come back was closed: it received only answers to other sign-ins."

    def _lose(self, receiver: Receiver, reason: str | None) -> None:
        """Go on without a receiver."""
        with self._lock:
            if self._stopped:
                return
            self._left = tuple(one for one in self._left if one is not receiver)
            self._opened = tuple(one for one in self._opened if one is not receiver)
            if reason is not None and reason not in self._reasons:
                self._reasons = (*self._reasons, reason)
            lost = not self._left
        if lost:
            self._all_lost(reason or "the answer can't come back here.")
        else:
            self._changed()
