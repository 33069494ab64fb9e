"""The way back that always works: the person pastes a code, or the address that the browser ended on.

`read_pasted` says what a text means, `PasteReceiver` hands the answer over to the flow.

A pasted *address* carries the state of its sign-in, and another sign-in's is refused. A bare *code*
carries none (Procore's oob page shows nothing but the code). It is taken all the same, because nobody
else can bring it here: it did not come by an address that a foreign page could open, the person put
it into the field of their own notebook. And a code that somebody else got and talked them into pasting
was made for another code challenge: a provider that knows PKCE refuses it with our verifier
(RFC 7636, section 1).
"""

from __future__ import annotations

import queue
import re
import threading
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlsplit

from procore_jupyter.login.loopback_address import START_PATH
from procore_jupyter.login.outcome import same_state

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

OOB = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect URI that means "show the person the code" (Procore's and Doorkeeper's headless way)."""

# What copying from a chat, a terminal, a mail or a word processor puts around an address.
_WRAPPING = " \t\r\n\v\f\"'`<>()[]\u00a0\u200b\u200c\u200d\u2060\ufeff“”‘’«»„"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[?&]?(?:code|error|state)=", re.IGNORECASE)

_OWN_LINK = "That is the sign-in link itself: open it in your browser, sign in, and paste the address your browser ends on."
_OTHER_SIGN_IN = (
    "That address belongs to another sign-in, an earlier one or another notebook's: open the link shown "
    "here, sign in, and paste the address your browser ends on then."
)


class PasteRefused(Exception):
    """A pasted text is no answer to this sign-in. The message is for the person and never holds the text."""


def read_pasted(text: str, request: AuthorizationRequest) -> AuthorizationResponse:
    """Return the answer that a pasted text stands for.

    Parameters
    ----------
    text : str
        A bare code, a query string, or the whole address that the browser ended on (the provider's
        oob pages ``/oauth/authorize/native?code=…`` and ``/oauth/authorize/CODE`` too), with whatever
        white space, line breaks and quotes copying left in and around it.
    request : AuthorizationRequest
        The sign-in that it must answer.

    Returns
    -------
    AuthorizationResponse
        A code or an error; ``state`` is None, or this request's.

    Raises
    ------
    PasteRefused
        It is something else; the message says what to paste instead.
    """
    from procore_jupyter.oauth.authorization import LONGEST_ANSWER, AuthorizationResponse

    whole = text[: LONGEST_ANSWER + 1].strip(_WRAPPING)  # as much as it takes to be told too long
    joined = "".join(whole.split())  # mail programs and terminals break a long address into lines
    code_page = f"{urlsplit(request.url).path}/"  # the older oob page: /oauth/authorize/CODE
    if _ADDRESS.match(joined) or "?" in joined or code_page in joined or len(whole.splitlines()) > 1:
        whole = joined
    if code_page in whole and "://" not in whole:
        whole = f"https://{whole}"  # some browsers copy it without
    if START_PATH in whole:
        raise PasteRefused(_OWN_LINK)
    try:
        answer = AuthorizationResponse.from_pasted(_inside_next(whole))
    except ValueError as error:
        raise PasteRefused(str(error)) from None
    if answer.state is not None and not same_state(answer.state, request.state):
        raise PasteRefused(_OTHER_SIGN_IN)
    return answer


def _inside_next(address: str) -> str:
    """Return the address that a Jupyter server's or Hub's own sign-in page would go on to.

    Such a page keeps the answer in ``next``, where the person had first to sign in there.
    """
    for _ in range(3):
        query = address.partition("?")[2]
        if "next=" not in query:
            break
        try:
            found = dict(parse_qsl(query, max_num_fields=50))
        except ValueError:
            break
        if found.keys() & {"code", "error"} or "?" not in found.get("next", ""):
            break
        address = found["next"]
    return address


class PasteReceiver:
    """Hands what the person pasted from the thread that they did it on to the flow's.

    It needs nothing from outside, so `open` never fails.
    """

    name: Literal["paste"] = "paste"
    start_url: str | None = None
    paste_url: str | None = None

    def __init__(self) -> None:
        self._answers: queue.Queue[AuthorizationResponse | None] = queue.Queue(maxsize=1)
        self._closed = threading.Event()

    def open(self, request: AuthorizationRequest) -> None:
        """Do nothing: there is nothing to open."""

    def put(self, answer: AuthorizationResponse) -> bool:
        """Hand over an answer; False where the one before it has not been looked at yet."""
        try:
            self._answers.put_nowait(answer)
        except queue.Full:
            return False
        return True

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Wait for the next pasted answer; None soon after `stop` is set, at once after `close`."""
        while not (stop.is_set() or self._closed.is_set()):
            try:
                return self._answers.get(timeout=0.5)
            except queue.Empty:
                continue
        return None

    def close(self) -> None:
        """Wake who waits, and forget what was pasted and not looked at."""
        self._closed.set()
        try:
            self._answers.get_nowait()
        except queue.Empty:
            pass
        try:
            self._answers.put_nowait(None)
        except queue.Full:
            pass
