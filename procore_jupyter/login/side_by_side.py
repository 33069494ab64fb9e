"""The ways of one sign-in, run side by side: a thread for each opens it, listens to it and brings its answers.

Which answer counts is not decided here: `flow.LoginFlow` is asked about each.
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

STRAY_ANSWERS = 20
"""Answers of other sign-ins that one way may bring before it is given up."""


class RunningReceivers:
    """The receivers of one sign-in while they run.

    Parameters
    ----------
    receivers : Sequence of Receiver
        The ways to try.
    consider : Callable
        Told of every answer, on its receiver's thread; returns whether it was one of this sign-in.
    changed : Callable
        Called when a way opened or was lost.
    all_lost : Callable
        Called when no way is left, with the last one's reason.
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
        self._lock = threading.Lock()  # guards the next four; never held over a call out
        self._left: tuple[Receiver, ...] = tuple(receivers)
        self._opened: tuple[Receiver, ...] = ()
        self._reasons: tuple[str, ...] = ()
        self._stopped = False
        self._stop = threading.Event()
        self._let_go = threading.Event()

    @property
    def names(self) -> tuple[str, ...]:
        """The ways that are open."""
        return tuple(one.name for one in self._opened)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the others are not, a sentence each."""
        return self._reasons

    @property
    def start_url(self) -> str | None:
        """The first address of ours that leads to the provider."""
        return next((url for one in self._opened if (url := one.start_url)), None)

    @property
    def paste_url(self) -> str | None:
        """The first page where the person can paste."""
        return next((url for one in self._opened if (url := one.paste_url)), None)

    @property
    def paste(self) -> PasteReceiver | None:
        """The receiver that takes what is pasted."""
        return next((one for one in self._opened if isinstance(one, PasteReceiver)), None)

    def open(self, request: AuthorizationRequest, *, timeout: float) -> None:
        """Open all at once; return when each is open or lost, at the latest after `timeout` seconds.

        A slower one goes on opening and joins then.
        """
        receivers = self._left
        if not receivers:
            self._all_lost("there is no way for the answer to come back. Check CallbackURL.")
        ready = [threading.Event() for _ in receivers]
        for receiver, opened in zip(receivers, ready, strict=True):
            threading.Thread(
                target=self._run,
                args=(receiver, request, opened),
                name=f"procore sign-in {receiver.name}",
                daemon=True,
            ).start()
        latest = time.monotonic() + timeout
        for opened in ready:
            opened.wait(max(0.0, latest - time.monotonic()))

    def close(self) -> None:
        """Close all at once, on a thread of its own: telling a server so may take its time."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            # The quick ones first: an open port is not to wait for a server's answer.
            receivers = sorted(self._left, key=lambda one: one.name == "server")
            self._left = self._opened = ()
        self._stop.set()

        def close_all() -> None:
            for one in receivers:
                if one.name == "server":
                    self._let_go.set()
                with contextlib.suppress(Exception):
                    one.close()
            self._let_go.set()

        try:
            threading.Thread(target=close_all, name="procore sign-in close", daemon=True).start()
        except RuntimeError:  # the interpreter is going: no thread can be started any more
            close_all()

    def wait_until_let_go(self, timeout: float) -> None:
        """Return when, after `close`, no port of this machine is held any more; at the latest after `timeout` seconds."""
        self._let_go.wait(timeout)

    def _run(self, receiver: Receiver, request: AuthorizationRequest, opened: threading.Event) -> None:
        """Live one receiver's life."""
        reason: str | None = None
        try:
            receiver.open(request)
            if self._joined(receiver):
                opened.set()
                self._changed()
                reason = self._listen(receiver)
        except ReceiverUnavailable as why:
            reason = why.reason
        except Exception as error:
            # The type alone: a stranger's error text may hold an address with the code in it.
            log.warning("sign-in: the way %r broke (%s)", receiver.name, type(error).__name__)
            reason = f"One way for the answer to come back broke ({type(error).__name__})."
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

    def _listen(self, receiver: Receiver) -> str | None:
        """Bring a receiver's answers until it has no more, or only strangers'; then say so."""
        strays = 0
        while strays < STRAY_ANSWERS:
            answer = receiver.receive(self._stop)
            if answer is None:
                return None
            if not self._consider(receiver, answer):
                strays += 1
        return "One way for the answer to come back was given up: it brought answers of other sign-ins only."

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
