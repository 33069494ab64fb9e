"""What a session never sends, whoever asks: changes through a read-only connection, and a sign-in to who can't prove who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.session.origin import may_lead_to
from procore_jupyter.session.retries import SAFE

if TYPE_CHECKING:
    import requests

# A server behind some proxies and frameworks takes the method from these instead.
_METHOD_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def refuse_changes(request: requests.PreparedRequest) -> None:
    """Let nothing but GET, HEAD and OPTIONS through (``Readonly=true``).

    Raises
    ------
    ConfigurationError
        It is another method, or a header asks the server to take it for one.
    """
    method = (request.method or "").upper()
    override = next((name for name in _METHOD_OVERRIDES if name in request.headers), None)
    if method not in SAFE or override:
        what = f"the header {override}" if override else method
        raise ConfigurationError(
            f"This connection only reads (Readonly=true), so {what} was not sent. "
            "Connect without Readonly=true to change things in Procore."
        )


def refuse_unverified(request: requests.PreparedRequest, hosts: frozenset[str]) -> None:
    """Let a request without verification of the server's certificate go to other hosts alone.

    Raises
    ------
    ConfigurationError
        It may lead to one of `hosts`.
    """
    if may_lead_to(request.url or "", hosts):
        raise ConfigurationError(
            "verify=False is refused for Procore's hosts: whoever answers in its place would get your sign-in. "
            "Give a company's own certificate authority as SSLServerCert=/path/to/ca.pem."
        )
