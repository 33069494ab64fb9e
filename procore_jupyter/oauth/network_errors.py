"""Why no answer came to a request, in a person's words: the cause, and what to do about it there.

The errors of requests, urllib3, ssl and http.client say what a library was doing, and some of them quote an address or a
header that holds a secret. Their words are looked into here, and never shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from requests import exceptions
from requests.utils import select_proxy
from urllib3.exceptions import LocationValueError, MaxRetryError

from procore_jupyter.addresses import is_loopback
from procore_jupyter.wording import shown_host

_NETWORK = "Check the network. Behind a company proxy, add ProxyServer and ProxyPort."
_PROXY = "Check ProxyServer and ProxyPort, or HTTPS_PROXY in the environment"
_WITHOUT = 'ProxyServer="" uses none.'

_NO_TLS = (
    "wrong version number",
    "wrong_version_number",
    "http request",
    "record layer failure",
    "unknown protocol",
)
_NO_CERTIFICATES = ("no certificate or crl", "no_certificate_or_crl", "pem lib", "no start line", "bad base64", "bad end line", "not enough data")  # fmt: skip
_NO_AGREEMENT = ("handshake failure", "handshake_failure", "unsupported protocol", "unsupported_protocol", "alert protocol version", "protocol_version", "no shared cipher")  # fmt: skip
_NO_NAME = ("name or service", "nodename nor servname", "name resolution", "failed to resolve", "getaddrinfo", "no address associated")  # fmt: skip
_NO_HTTP = (
    "badstatusline",
    "linetoolong",
    "got more than",
    "unknownprotocol",
    "illegal status",
    "invalidheader",
)


def unreachable(
    error: Exception, url: str, timeout: float, proxies: Mapping[str, str], setting: str = ""
) -> tuple[str, bool]:
    """Return one line for a request that no answer came to, and whether the request may have arrived.

    Parameters
    ----------
    error : Exception
        The error of requests or urllib3.
    url : str
        The URL that was asked. The line names its host alone.
    timeout : float
        The seconds after which requests gave up.
    proxies : mapping of str to str
        The proxies in use, as requests takes them. The line names a host, and never a user or password.
    setting : str
        The property that says which host is asked (``APIURL``); empty if none does.
    """
    host = shown_host(url) or "The address"
    words = _words(error)
    proxy = select_proxy(url, dict(proxies)) if shown_host(url) else None
    if isinstance(
        error,
        exceptions.InvalidURL | exceptions.MissingSchema | exceptions.InvalidSchema | LocationValueError,
    ):
        return _address(host, words, proxy, setting), False
    if isinstance(error, exceptions.InvalidJSONError):
        return (
            "The value of json= can't be written as JSON. Remove NaN, infinity and other objects from it.",
            False,
        )
    if isinstance(error, ValueError):  # InvalidHeader, and http.client's own
        return (
            (
                "The request can't be sent: its method or one of your headers contains a character that HTTP doesn't "
                "allow. Remove line breaks and letters beyond Latin-1."
            ),
            False,
        )
    if isinstance(error, exceptions.TooManyRedirects):
        return f"{host} redirects endlessly. {_look_between(setting)}", False
    if isinstance(error, exceptions.UnrewindableBodyError):
        return (
            (
                f"{host} redirected to another address, and the data can be read only once. Give it as bytes or as an open "
                "file."
            ),
            True,
        )
    if isinstance(error, exceptions.ContentDecodingError):
        return (
            (
                f"The answer of {host} isn't compressed as it says (Content-Encoding), so it can't be read. A proxy or a virus "
                "scanner may have changed it. Try again in a minute, or from another network."
            ),
            True,
        )
    if isinstance(error, exceptions.RetryError):
        return (
            f"{host} answered every attempt with an error. Try again in a few minutes.",
            True,
        )
    if isinstance(error, exceptions.ProxyError):
        return _through_proxy(host, words, proxy), False
    if (
        isinstance(error, exceptions.SSLError)
        or "certificate verify failed" in words
        or "could not find" in words
    ):
        return _tls(host, words, setting)
    if isinstance(error, exceptions.ConnectTimeout):
        return f"{host} can't be reached: the connection timed out. {_way_out(proxy)}", False
    if isinstance(error, exceptions.ReadTimeout) or "read timed out" in words:
        return f"{host} didn't answer within {timeout:g} s. Try again in a minute.", True
    if isinstance(error, exceptions.ConnectionError):
        if proxy and "socks" in words:
            return _through_proxy(host, words, proxy), False
        if any(one in words for one in _NO_NAME):
            return (
                f"{host} can't be found: the name is wrong, or there is no network. {_way_out(proxy)}",
                False,
            )
        if "failed to establish" in words or "newconnectionerror" in words:
            if is_loopback(host.rpartition(":")[0] or host) and not proxy:
                right = f"correct {setting}" if setting else "correct the address"
                here = f"{host} can't be reached: nothing listens there on this machine."
                return f"{here} Start it (the demo:  procore-jupyter demo ), or {right}.", False
            return f"{host} can't be reached. {_way_out(proxy)}", False
        if any(one in words for one in _NO_HTTP):
            return f"What answers at {host} doesn't use HTTP. {_look_between(setting)}", True
        by = f" (through the proxy {shown_host(proxy)})" if proxy else ""
        return (
            f"The connection to {host}{by} broke off before the answer arrived. Try again in a minute.",
            True,
        )
    return f"The answer of {host} broke off. Try again in a minute.", True


def _words(error: BaseException) -> str:
    """Return what an error and its causes say, in lower case: for looking into, never for showing.

    The address that was asked isn't in it: an address may hold any word.
    """
    said: list[str] = []
    waiting: list[object] = [error]
    while waiting and len(said) < 20:
        one = waiting.pop()
        if isinstance(one, BaseException):
            texts = (
                [] if isinstance(one, MaxRetryError) else [text for text in one.args if isinstance(text, str)]
            )
            said.append(f"{type(one).__name__}: {' '.join(texts)}")
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__]
    return " ".join(said).lower()


def _way_out(proxy: str | None) -> str:
    return f"The request went through the proxy {shown_host(proxy)}. {_PROXY}." if proxy else _NETWORK


def _look_between(setting: str) -> str:
    check = f" Check {setting} too." if setting else ""
    return f"Is there a proxy, a VPN or a network's sign-in page in between?{check}"


def _address(host: str, words: str, proxy: str | None, setting: str) -> str:
    if "socks" in words:
        return (
            "The network's proxy is a SOCKS proxy (HTTPS_PROXY or ALL_PROXY in the environment), which needs one more "
            "package: run  pip install pysocks  and restart the kernel. Or use an HTTP proxy with ProxyServer."
        )
    if "proxy" in words or (proxy and not shown_host(proxy)):
        return (
            "The proxy's address can't be used: it must look like http://host:port, without quotes or spaces around it. "
            f"{_PROXY}; {_WITHOUT}"
        )
    check = f"Check {setting}" if setting else "Check how it is written, from https:// on"
    return f"{host} isn't a valid address. {check}."


def _through_proxy(host: str, words: str, proxy: str | None) -> str:
    name = (shown_host(proxy) if proxy else "") or "of this network"
    if any(one in words for one in _NO_NAME):
        return f"The proxy {name} can't be found: the name is wrong, or there is no network. {_PROXY}; {_WITHOUT}"
    if "failed to establish" in words or "newconnectionerror" in words or "connecttimeout" in words:
        return f"The proxy {name} can't be reached. {_PROXY}; {_WITHOUT}"
    if "only use http" in words or any(one in words for one in _NO_TLS):
        return f"The proxy {name} doesn't use https itself: write its address with http://. {_PROXY}."
    refused = f"The proxy {name} refused the connection to {host}"
    if " 407" in words:
        return f"{refused}: it needs its own sign-in. Give ProxyUser and ProxyPassword beside ProxyServer."
    if " 403" in words or " 405" in words:
        return f"{refused}: it is forbidden. Ask your IT department to allow {host}."
    if any(f" {status}" in words for status in (500, 502, 503, 504)):
        return f"{refused}: the proxy can't reach it. Try again in a minute, or ask your IT department."
    return f"{refused}. Check ProxyServer, ProxyPort, ProxyUser and ProxyPassword."


def _tls(host: str, words: str, setting: str) -> tuple[str, bool]:
    """Return the line for a connection that isn't safe, or couldn't be made so; and whether anything was sent by then."""
    if "could not find" in words:  # the words of requests, for a file
        which = "given as cert=" if "certificate file" in words or "key file" in words else "of SSLServerCert"
        return f"The file {which} doesn't exist or can't be read. Check its path.", False
    if any(one in words for one in _NO_CERTIFICATES):
        return (
            (
                "The file of SSLServerCert (or verify=) contains no PEM certificates (they start with  -----BEGIN CERTIFICATE----- ). "
                "Ask for the file in that format."
            ),
            False,
        )
    if any(one in words for one in _NO_TLS):
        return (
            f"What answers at {host} doesn't use https, so nothing was sent. {_look_between(setting)}",
            False,
        )
    if any(one in words for one in _NO_AGREEMENT):
        return (
            f"{host} and this Python have no encryption in common, so nothing was sent. {_look_between(setting)}",
            False,
        )
    if "certificate required" in words or "certificate_required" in words:
        return f"{host} asks for a client certificate. Give it as  cert=…  as in requests.", False
    if "certificate" in words or "hostname" in words:
        return _certificate(host, words, setting), False
    return f"The connection to {host} broke off before the answer arrived. Try again in a minute.", True


def _certificate(host: str, words: str, setting: str) -> str:
    if "not yet valid" in words:
        return f"The certificate of {host} isn't valid yet: this machine's clock seems to be wrong. Correct it and try again."
    if "expired" in words:
        return f"The certificate of {host} has expired, or this machine's clock is wrong. Check the date and time, then try again."
    if "hostname mismatch" in words or "doesn't match" in words or "not valid for" in words:
        return f"What answers as {host} has a certificate for another host, so nothing was sent. {_look_between(setting)}"
    return f"The certificate of {host} isn't trusted here, so nothing was sent. Behind a company proxy, give its certificates with SSLServerCert."
