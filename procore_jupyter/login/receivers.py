"""Which ways back a CallbackURL allows, here and now.

=======================================  ===========================================================
CallbackURL                              ways
=======================================  ===========================================================
``…/procore-jupyter/callback``           server, where one is found; loopback too, where it is http on
                                         this machine and no Jupyter server has the port; paste
``http://localhost[:port]/…``            loopback, unless a Jupyter server has the port; paste. No loopback
                                         on a JupyterHub, in Colab and on a kernel gateway, unless it is
                                         asked for: the browser is on another machine
``urn:ietf:wg:oauth:2.0:oob``            paste: Procore shows the code
any other http or https address          paste: the browser ends there, with the answer in its address
=======================================  ===========================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from procore_jupyter.addresses import OOB
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.login.discovery import (
    CALLBACK_PATH,
    JupyterServer,
    find_server,
    hub_callback_url,
    running_servers,
)
from procore_jupyter.login.loopback_address import LoopbackAddress
from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.login.receiver import Receiver, ReceiverUnavailable

if TYPE_CHECKING:
    from procore_jupyter.login.ticket import Ticket
    from procore_jupyter.oauth.authorization import AuthorizationRequest
    from procore_jupyter.settings.jupyter import Hub, Surroundings

ReceiverName = Literal["server", "loopback", "paste"]
RECEIVER_NAMES: tuple[str, ...] = get_args(ReceiverName)

_EXAMPLE = "http://localhost:8888/procore-jupyter/callback"


def receivers_for(
    callback_url: str, surroundings: Surroundings, ticket: Ticket, *, via: str | None = None
) -> list[Receiver]:
    """Return the ways to try for a CallbackURL, paste always among them.

    Nothing is opened, and nobody asked, yet: a way that turns out not to work says so when it is opened.

    Parameters
    ----------
    callback_url : str
        The redirect URI of the request, to the letter.
    surroundings : Surroundings
        Where this kernel runs.
    ticket : Ticket
        The secret of this sign-in; its hash is the request's state.
    via : str or None
        ``server``, ``loopback`` or ``paste``: this way and paste, no other.

    Raises
    ------
    ConfigurationError
        The CallbackURL is no address, or the way asked for can't work with it.
    """
    check_callback_url(callback_url)
    if via is not None and via not in RECEIVER_NAMES:
        raise ConfigurationError(
            f"There is no way {via!r}: choose --via server, --via loopback or --via paste."
        )
    paste = PasteReceiver()
    if via == "paste":
        return [paste]
    server = find_server(callback_url, surroundings)
    taken_by = _jupyter_at(callback_url, surroundings)
    if via is not None:
        reason = (
            _why_no_server(callback_url, server)
            if via == "server"
            else _why_no_loopback(callback_url, taken_by)
        )
        if reason:
            raise ConfigurationError(f"--via {via} can't work: {reason}")
    found: list[Receiver] = []
    if via != "loopback" and server is not None:
        from procore_jupyter.login.poll import ServerReceiver

        found.append(ServerReceiver(server, ticket))
    far = surroundings.hub is not None or surroundings.browser_elsewhere
    wanted = via == "loopback" or (via is None and not far)
    if wanted and _why_no_loopback(callback_url, taken_by) is None:
        from procore_jupyter.login.loopback import LoopbackReceiver

        found.append(LoopbackReceiver(callback_url))
    if not found and surroundings.hub is not None and LoopbackAddress.of(callback_url) is not None:
        found.append(UnusableReceiver("loopback", _on_a_hub(surroundings.hub)))
    if not found and _is_ours(callback_url):
        found.append(UnusableReceiver("server", f"Here {_why_no_server(callback_url, server)}"))
    if not found and taken_by is not None:
        found.append(UnusableReceiver("loopback", f"Here {_why_no_loopback(callback_url, taken_by)}"))
    return [*found, paste]


def check_callback_url(callback_url: str) -> None:
    """Refuse a CallbackURL that no browser could be sent to.

    Raises
    ------
    ConfigurationError
        It is no http or https address, nor the oob URN.
    """
    if is_oob(callback_url):
        return
    # What is neither printable nor free of blanks is refused before it is parsed: parsers drop some of it.
    plain = callback_url.isprintable() and not any(character.isspace() for character in callback_url)
    try:
        place = urlsplit(callback_url if plain else "")
        usable = place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in place.netloc:
        shown = callback_url if plain and len(callback_url) <= 200 and "@" not in callback_url else "…"
        raise ConfigurationError(
            f"CallbackURL={shown} is no address that a browser can be sent back to. Leave CallbackURL out to use this "
            f"Jupyter server's, or give a Redirect URI of your app, such as {_EXAMPLE}"
        )
    if "#" in callback_url:
        raise ConfigurationError(
            "A CallbackURL can't have a '#' in it (RFC 6749, section 3.1.2): leave out that part."
        )


def is_oob(callback_url: str) -> bool:
    """Tell whether Procore shows the code itself and sends the browser nowhere."""
    return callback_url in (OOB, f"{OOB}:auto")


class UnusableReceiver:
    """A way that is known not to work here: opening it tells why.

    Parameters
    ----------
    name : str
        Which way.
    reason : str
        A sentence for the person.
    """

    start_url: str | None = None
    paste_url: str | None = None

    def __init__(self, name: ReceiverName, reason: str) -> None:
        self.name: ReceiverName = name
        self._reason = reason

    def open(self, request: AuthorizationRequest) -> None:
        """Say why not.

        Raises
        ------
        ReceiverUnavailable
            Always.
        """
        raise ReceiverUnavailable(self._reason)

    def receive(self, stop: object) -> None:
        """Return at once: there is nothing to wait for."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _on_a_hub(hub: Hub) -> str:
    """Return what spares the person the pasting."""
    where = "" if hub.public_url else ", with what your browser shows in place of YOUR-HUB"
    return (
        "On a JupyterHub the answer can't come back to localhost by itself. To sign in without pasting, use  "
        f"CallbackURL={hub_callback_url(hub)}  and register that as a Redirect URI of your app{where}."
    )


def _is_ours(callback_url: str) -> bool:
    return not is_oob(callback_url) and urlsplit(callback_url).path.endswith(f"/{CALLBACK_PATH}")


def _jupyter_at(callback_url: str, surroundings: Surroundings) -> JupyterServer | None:
    """Return the server of this user that has the CallbackURL's port on this machine."""
    if LoopbackAddress.of(callback_url) is None:
        return None
    return next((one for one in running_servers(surroundings) if one.listens_at(callback_url)), None)


def _why_no_server(callback_url: str, server: JupyterServer | None) -> str | None:
    """Return why no Jupyter server can receive this CallbackURL, None where one may."""
    if server is not None:
        return None
    if not _is_ours(callback_url):
        return (
            f"the CallbackURL doesn't end in /{CALLBACK_PATH}, as a Jupyter server's does, such as {_EXAMPLE}"
        )
    return "no running Jupyter server of yours was found that the CallbackURL could lead to."


def _why_no_loopback(callback_url: str, taken_by: JupyterServer | None) -> str | None:
    """Return why nobody can listen at this CallbackURL, None where it may be tried."""
    address = LoopbackAddress.of(callback_url)
    if address is None:
        return "the CallbackURL has to be http://localhost or http://127.0.0.1, with or without a port."
    if taken_by is not None:
        return (
            f"port {address.port} is your Jupyter server's. Use  CallbackURL={taken_by.url}{CALLBACK_PATH}  and register "
            "that as a Redirect URI of your app."
        )
    return None
