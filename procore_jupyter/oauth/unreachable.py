"""Why no answer came, in a person's words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests


def why(error: Exception, url: str, timeout: float, proxies: Mapping[str, str]) -> tuple[str, bool]:
    """Explain a failed request.

    Parameters
    ----------
    error : Exception
        What requests or urllib3 raised.
    url : str
        What was asked.
    timeout : float
        The seconds that were waited.
    proxies : mapping
        The proxies in use; only their host is ever named.

    Returns
    -------
    tuple of (str, bool)
        One line for a person, and whether the request may have arrived.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    words = _words(error)
    if isinstance(error, requests.exceptions.SSLError) or "certificate verify failed" in words:
        return _certificate(host, words), False
    if "could not find a suitable" in words:
        return "The file of SSLServerCert isn't there, or can't be read. Check its path.", False
    if isinstance(error, requests.exceptions.ProxyError):
        names = {urlsplit(proxy).netloc.rpartition("@")[2] for proxy in proxies.values() if "://" in proxy}
        return (
            f"The proxy {' / '.join(sorted(names)) or 'of this network'} didn't let us through to {host}. "
            "Check ProxyServer, ProxyPort, ProxyUser and ProxyPassword."
        ), False
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} can't be reached: no connection in time. {_NETWORK}", False
    if isinstance(error, requests.exceptions.ReadTimeout) or "read timed out" in words:
        return f"{host} didn't answer within {timeout:g} s. Try again in a minute.", True
    if isinstance(error, requests.exceptions.ConnectionError):
        if "name" in words and ("resolution" in words or "resolve" in words or "getaddrinfo" in words):
            return f"{host} can't be found: no such name, or no network. {_NETWORK}", False
        if "failed to establish" in words or "newconnectionerror" in words:
            return f"{host} can't be reached. {_NETWORK}", False
        return f"The connection to {host} broke before the answer came. Try again in a minute.", True
    if isinstance(
        error,
        requests.exceptions.InvalidURL
        | requests.exceptions.MissingSchema
        | requests.exceptions.InvalidSchema,
    ):
        return (
            f"{host or 'The login address'} isn't an address that can be asked. Check LoginURL and the proxy.",
            False,
        )
    return f"The answer of {host} broke off. Try again in a minute.", True


_NETWORK = "Check the network; behind a company's proxy add ProxyServer and ProxyPort."


def _words(error: BaseException) -> str:
    """Return what an error and its causes say, in lower case: for looking into, never for showing."""
    said: list[str] = []
    waiting: list[object] = [error]
    while waiting and len(said) < 20:
        one = waiting.pop()
        if isinstance(one, BaseException):
            said.append(f"{type(one).__name__}: {one}")
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__]
    return " ".join(said).lower()


def _certificate(host: str, words: str) -> str:
    if "not yet valid" in words:
        return f"The certificate of {host} begins in the future: this machine's clock seems to be wrong. Set it right and try again."
    if "expired" in words:
        return f"The certificate of {host} has expired, or this machine's clock is wrong. Check the date and time, then try again."
    if "hostname mismatch" in words or "doesn't match" in words or "not valid for" in words:
        return f"What answers as {host} has another host's certificate, so nothing was sent. Check LoginURL and APIURL, and the network."
    return f"The certificate of {host} isn't trusted here, so nothing was sent. Behind a company's proxy give its certificates with SSLServerCert."
