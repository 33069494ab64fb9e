"""Which receivers a CallbackURL allows, here and now.

=======================================  ===========================================================
CallbackURL                              receivers
=======================================  ===========================================================
``…/procore-jupyter/callback``           server, if one is found; loopback too, if the address is http on
                                         this machine and no Jupyter server has the port; paste
``http://localhost[:port]/…``            loopback, unless a Jupyter server has the port; paste. No loopback
                                         on a JupyterHub, in Colab and on a kernel gateway, unless it is
                                         asked for: the browser is on another machine
``urn:ietf:wg:oauth:2.0:oob``            paste: Procore shows the code
any other http or https address          paste: the browser ends there, with the response in its address
=======================================  ===========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from procore_jupyter.addresses import can_be_returned_to
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.login.callback_port import CallbackPort
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
    """Return the receivers to try for a CallbackURL; the last is always paste.

    Nothing is opened and no server is asked yet: a receiver that can't work says so when it is opened.

    Parameters
    ----------
    callback_url : str
        The redirect URI of the request, to the letter.
    surroundings : Surroundings
        Where this kernel runs.
    ticket : Ticket
        The secret of this login; its hash is the request's state.
    via : {"server", "loopback", "paste"} or None
        The one receiver to try beside paste; None to try all.

    Raises
    ------
    ConfigurationError
        No browser can be sent to the CallbackURL, or `via` can't work with it.
    """
    if not can_be_returned_to(callback_url):
        raise ConfigurationError(
            "CallbackURL is not an address that a browser can be sent back to. Leave CallbackURL out to use this "
            f"Jupyter server's, or give a Redirect URI of your app, such as {_EXAMPLE}"
        )
    if via is not None and via not in RECEIVER_NAMES:
        raise ConfigurationError(
            f"There is no way {via!r}: choose --via server, --via loopback or --via paste."
        )
    paste = PasteReceiver()
    if via == "paste":
        return [paste]
    server = find_server(callback_url, surroundings)
    taken_by = _server_at(callback_url, surroundings)
    no_server = _why_no_server(callback_url, server)
    no_loopback = _why_no_loopback(callback_url, taken_by)
    if via is not None and (reason := no_server if via == "server" else no_loopback):
        raise ConfigurationError(f"--via {via} can't work: {reason}")
    found: list[Receiver] = []
    if via != "loopback" and server is not None:
        from procore_jupyter.login.poll import ServerReceiver

        found.append(ServerReceiver(server, ticket))
    hub = surroundings.hub
    if no_loopback is None and (via == "loopback" or (via is None and _browser_is_here(surroundings))):
        from procore_jupyter.login.loopback import LoopbackReceiver

        found.append(LoopbackReceiver(callback_url))
    if not found:
        if hub is not None and LoopbackAddress.of(callback_url) is not None:
            found.append(UnusableReceiver("loopback", _on_a_hub(hub)))
        elif _is_callback(callback_url):
            found.append(UnusableReceiver("server", f"Here {no_server}"))
        elif taken_by is not None:
            found.append(UnusableReceiver("loopback", f"Here {no_loopback}"))
    return [*found, paste]


def stranger_at(
    callback_url: str, surroundings: Surroundings, receivers: Sequence[Receiver]
) -> Callable[[], str | None]:
    """Return what tells whether a stranger could take the response to a CallbackURL (`LoginFlow`'s ``stranger``).

    Where the browser is on another machine, or the Hub's proxy brings the response, nobody on this one is in its way.

    Parameters
    ----------
    callback_url : str
        The redirect URI of the request, to the letter.
    surroundings : Surroundings
        Where this kernel runs.
    receivers : sequence of Receiver
        What `receivers_for` returned.
    """
    from procore_jupyter.login.loopback import LoopbackReceiver

    listening = [one for one in receivers if isinstance(one, LoopbackReceiver)]
    if not listening and not _browser_is_here(surroundings):
        return lambda: None
    servers = [one for one in running_servers(surroundings) if one.listens_at(callback_url)]

    def claimed() -> set[str]:
        of_servers = {ip for one in servers for ip in one.addresses}
        return of_servers.union(*(one.held for one in listening))

    return CallbackPort(callback_url, claimed).stranger


class UnusableReceiver:
    """A receiver that is known not to work here: opening it says why.

    Parameters
    ----------
    name : {"server", "loopback", "paste"}
        The receiver that this one stands for.
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

    def renew_start_url(self) -> None:
        """Do nothing: there is no such address."""

    def receive(self, stop: object) -> None:
        """Return at once: nothing can come."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _browser_is_here(surroundings: Surroundings) -> bool:
    """Tell whether the person's browser may be on this machine."""
    return surroundings.hub is None and not surroundings.browser_elsewhere


def _on_a_hub(hub: Hub) -> str:
    """Return the sentence that names the CallbackURL which needs no pasting."""
    where = "" if hub.public_url else ", with what your browser shows in place of YOUR-HUB"
    return (
        "On a JupyterHub the answer can't come back to localhost automatically. To sign in without pasting, use  "
        f"CallbackURL={hub_callback_url(hub)}  and register that as a Redirect URI of your app{where}."
    )


def _is_callback(callback_url: str) -> bool:
    """Tell whether an address ends in the path of a Jupyter server's callback."""
    return urlsplit(callback_url).path.endswith(f"/{CALLBACK_PATH}")


def _server_at(callback_url: str, surroundings: Surroundings) -> JupyterServer | None:
    """Return this user's server that has the CallbackURL's port on this machine."""
    if LoopbackAddress.of(callback_url) is None:
        return None
    return next((one for one in running_servers(surroundings) if one.listens_at(callback_url)), None)


def _why_no_server(callback_url: str, server: JupyterServer | None) -> str | None:
    """Return why no Jupyter server can receive at this CallbackURL; None if one may."""
    if server is not None:
        return None
    if not _is_callback(callback_url):
        return (
            f"the CallbackURL doesn't end in /{CALLBACK_PATH}, as a Jupyter server's does, such as {_EXAMPLE}"
        )
    return "none of your running Jupyter servers matches the CallbackURL."


def _why_no_loopback(callback_url: str, taken_by: JupyterServer | None) -> str | None:
    """Return why this kernel can't listen at this CallbackURL; None if it may try."""
    address = LoopbackAddress.of(callback_url)
    if address is None:
        return "the CallbackURL must be http://localhost or http://127.0.0.1, with or without a port."
    if taken_by is not None:
        return (
            f"port {address.port} is your Jupyter server's. Use  CallbackURL={taken_by.callback_url}  and register "
            "that as a Redirect URI of your app."
        )
    return None
