"""The receiver that always works: the person pastes a code, or the address that the browser ended on.

`read_pasted` says what a text means; `PasteReceiver` hands the response over to the flow.

A pasted *address* carries the state of its login, and the address of another login is refused. A bare *code*
carries no state (Procore's oob page shows nothing but the code). It is accepted all the same, because nobody
else can bring it here: it did not come by an address that a foreign page could open, the person put
it into the field of their own notebook. And a code that somebody else obtained and talked the person into
pasting was issued for another code challenge: a provider that knows PKCE refuses it with our verifier
(RFC 7636, section 1).
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlsplit

from procore_jupyter.login.loopback_address import START_PATH
from procore_jupyter.login.outcome import same_state
from procore_jupyter.secret import Secret

if TYPE_CHECKING:
    from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse

# What copying from a chat, a terminal, a mail or a word processor puts around an address.
_WRAPPING = " \t\r\n\v\f\"'`<>()[]\u00a0\u200b\u200c\u200d\u2060\ufeff“”‘’«»„"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[?&]?(?:code|error|state)=", re.IGNORECASE)
_BARE_CODE = re.compile(r"[A-Za-z0-9._~+/=-]{8,2048}")

_NOTHING = "Nothing was pasted. Copy the address your browser ended on and paste it here."
_SEVERAL = "That is more than one address. Paste only the address your browser ended on."
_NEITHER = "That is neither an address nor a code. Paste the address your browser ended on."
_UNREADABLE = "That address can't be read. Copy it from the browser's address bar as a whole."
_NO_CODE = (
    "There is no sign-in code in that address. Paste the one your browser ended on after you chose Allow."
)
_SIGN_IN_PAGE = (
    "That is the link to the sign-in page. Open it, sign in, and paste the address your browser ends on."
)
_OWN_LINK = "That is the sign-in link itself: open it in your browser, sign in, and paste the address your browser ends on."
_OTHER_SIGN_IN = (
    "That address belongs to another sign-in, an earlier one or another notebook's: open the link shown "
    "here, sign in, and paste the address your browser ends on then."
)


class PasteRefused(Exception):
    """A pasted text is no response to this login. The message is for the person and never holds the text."""


def read_pasted(text: str, request: AuthorizationRequest) -> AuthorizationResponse:
    """Return the authorization response that a pasted text stands for.

    Parameters
    ----------
    text : str
        A bare code, a query string, or the whole address that the browser ended on (the provider's
        oob pages ``/oauth/authorize/native?code=…`` and ``/oauth/authorize/CODE`` too), with whatever
        white space, line breaks and quotes copying left in and around it.
    request : AuthorizationRequest
        The request that it must answer.

    Returns
    -------
    AuthorizationResponse
        A code or an error; its ``state`` is None or the request's.

    Raises
    ------
    PasteRefused
        The text is something else; the message says what to paste instead.
    """
    from procore_jupyter.oauth.authorization import LONGEST_RESPONSE

    pasted = text[: LONGEST_RESPONSE + 1].strip(_WRAPPING)  # one more than allowed, so that too long shows
    joined = "".join(pasted.split())  # mail programs and terminals break a long address into lines
    code_page = f"{urlsplit(request.url).path}/"  # the older oob page: /oauth/authorize/CODE
    if _ADDRESS.match(joined) or "?" in joined or code_page in joined or len(pasted.splitlines()) > 1:
        pasted = joined
    if code_page in pasted and "://" not in pasted:
        pasted = f"https://{pasted}"  # some browsers copy an address without its scheme
    if START_PATH in pasted:
        raise PasteRefused(_OWN_LINK)
    pasted = _inside_next(pasted).replace("&amp;", "&")
    if not pasted:
        raise PasteRefused(_NOTHING)
    if len(pasted) > LONGEST_RESPONSE or len(pasted.split()) > 1:
        raise PasteRefused(_SEVERAL)
    response = _response_in(pasted, code_page)
    if response.state is not None and not same_state(response.state, request.state):
        raise PasteRefused(_OTHER_SIGN_IN)
    return response


def _response_in(pasted: str, code_page: str) -> AuthorizationResponse:
    """Return the response in one address, query or code.

    Raises
    ------
    PasteRefused
        There is none in it.
    """
    from procore_jupyter.oauth.authorization import AuthorizationResponse

    if "=" not in pasted.rstrip("=") and "://" not in pasted:
        if _BARE_CODE.fullmatch(pasted):
            return AuthorizationResponse(code=Secret(pasted))
        raise PasteRefused(_NEITHER)
    try:
        parts = urlsplit(pasted)
    except ValueError:
        raise PasteRefused(_UNREADABLE) from None
    query = parts.query or (pasted if not parts.scheme and "/" not in pasted.split("=", 1)[0] else "")
    if "code_challenge" in query or "response_type" in query:
        raise PasteRefused(_SIGN_IN_PAGE)
    path, _, last = parts.path.rpartition("/")
    if not query and f"{path}/".endswith(code_page) and _BARE_CODE.fullmatch(last):
        return AuthorizationResponse(code=Secret(last))
    response = AuthorizationResponse.from_query(query)
    if response.error == "invalid_answer":
        raise PasteRefused(_NO_CODE)
    return response


def _inside_next(address: str) -> str:
    """Return the address that a Jupyter server's or Hub's own sign-in page would go on to.

    Where the person first has to sign in there, such a page keeps the response in its ``next`` parameter.
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
    """Hands what the person pasted from the thread of the paste field to the thread of the flow.

    It needs nothing from outside, so `open` never fails.
    """

    name: Literal["paste"] = "paste"
    start_url: str | None = None
    paste_url: str | None = None

    def __init__(self) -> None:
        self._responses: queue.Queue[AuthorizationResponse | None] = queue.Queue(maxsize=1)
        self._closed = threading.Event()

    def open(self, request: AuthorizationRequest) -> None:
        """Do nothing: there is nothing to open."""

    def renew_start_url(self) -> None:
        """Do nothing: there is no such address."""

    def hand_over(self, response: AuthorizationResponse) -> bool:
        """Hand a response over to `receive`; return False while the one before it still waits there."""
        try:
            self._responses.put_nowait(response)
        except queue.Full:
            return False
        return True

    def receive(self, stop: threading.Event) -> AuthorizationResponse | None:
        """Wait for the next pasted response; return None soon after `stop` is set, at once after `close`."""
        while not (stop.is_set() or self._closed.is_set()):
            try:
                return self._responses.get(timeout=0.5)
            except queue.Empty:
                continue
        return None

    def close(self) -> None:
        """Wake `receive`, and forget a response that it has not taken."""
        self._closed.set()
        with contextlib.suppress(queue.Empty):
            self._responses.get_nowait()
        with contextlib.suppress(queue.Full):
            self._responses.put_nowait(None)
