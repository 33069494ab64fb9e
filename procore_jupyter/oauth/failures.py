"""Why a request to the provider failed, in a person's words: it was refused, or no answer came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from requests import exceptions

from procore_jupyter.errors import CONNECT_AGAIN

_NETWORK = "Check the network; behind a company's proxy add ProxyServer and ProxyPort."

Request = Literal["exchange", "refresh", "client_credentials", "revoke", "info"]


def refusal(error: str, request: Request, place: str = "") -> str:
    """Return one line for a refusal of the token endpoint: what happened, and what to do.

    Parameters
    ----------
    error : str
        The code of RFC 6749, section 5.2, as the provider sent it.
    request : str
        What was asked for.
    place : str
        The environment's title (``production``); empty if it isn't known.
    """
    if error == "invalid_client":
        return f"Procore doesn't know this Client ID{f' in {place}' if place else ''}, or the Client Secret is another's. {_other_environment(place)}"
    if error == "invalid_grant":
        if request == "exchange":
            return (
                "Procore refused the code of this sign-in: it was used before, is older than ten minutes, or the Redirect URI "
                f"(CallbackURL) isn't the one it was made for. {CONNECT_AGAIN} to sign in anew."
            )
        return f"Procore no longer accepts the stored sign-in. {CONNECT_AGAIN} to sign in anew."
    if error == "invalid_token":
        return f"Procore says that this token is no longer good. {CONNECT_AGAIN}."
    if error == "unsupported_grant_type" or (
        error == "unauthorized_client" and request == "client_credentials"
    ):
        if request == "client_credentials":
            return "Procore doesn't let this app sign in without a person. Add a service account to the app, or use AuthScheme=OAUTH."
        return "Procore doesn't let this app sign a person in. Check the app's Data Connection in the Developer Portal."
    if error == "unauthorized_client":
        return "Procore didn't sign this app out: the token belongs to another app, or the Client Secret is wrong. Check OAuthClientId and OAuthClientSecret."
    if error == "invalid_request":
        return "Procore found something missing in the request. Check that OAuthClientId, OAuthClientSecret and CallbackURL are given."
    if error == "invalid_scope":
        return "Procore doesn't give this app the rights that were asked for. Check the app in the Developer Portal."
    return f"Procore refused the sign-in ({error}). Check OAuthClientId, OAuthClientSecret and Environment."


def _other_environment(place: str) -> str:
    words = place.casefold()
    if "monthly" in words:
        return "The monthly sandbox takes the production ones: check OAuthClientId and OAuthClientSecret."
    if "sandbox" in words:
        return "Is it the production one? Then add Environment=Production."
    if "production" in words:
        return "Is it the sandbox one? Then add Environment=Sandbox."
    return "Check OAuthClientId, OAuthClientSecret and Environment: each environment has its own."


def unreachable(error: Exception, url: str, timeout: float, proxies: Mapping[str, str]) -> tuple[str, bool]:
    """Return one line for a request that no answer came to, and whether the request may have arrived.

    Parameters
    ----------
    error : Exception
        The error of requests or urllib3.
    url : str
        The URL that was asked.
    timeout : float
        The seconds after which requests gave up.
    proxies : mapping of str to str
        The proxies in use, by scheme. The line names their hosts, and never a user or password.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    words = _words(error)
    if isinstance(error, exceptions.SSLError) or "certificate verify failed" in words:
        return _certificate(host, words), False
    if "could not find a suitable" in words:
        return "The file of SSLServerCert isn't there, or can't be read. Check its path.", False
    if isinstance(error, exceptions.ProxyError):
        names = {urlsplit(proxy).netloc.rpartition("@")[2] for proxy in proxies.values() if "://" in proxy}
        return (
            f"The proxy {' / '.join(sorted(names)) or 'of this network'} didn't let us through to {host}. "
            "Check ProxyServer, ProxyPort, ProxyUser and ProxyPassword."
        ), False
    if isinstance(error, exceptions.ConnectTimeout):
        return f"{host} can't be reached: no connection in time. {_NETWORK}", False
    if isinstance(error, exceptions.ReadTimeout) or "read timed out" in words:
        return f"{host} didn't answer within {timeout:g} s. Try again in a minute.", True
    if isinstance(error, exceptions.ConnectionError):
        if "name" in words and ("resolution" in words or "resolve" in words or "getaddrinfo" in words):
            return f"{host} can't be found: no such name, or no network. {_NETWORK}", False
        if "failed to establish" in words or "newconnectionerror" in words:
            return f"{host} can't be reached. {_NETWORK}", False
        return f"The connection to {host} broke before the answer came. Try again in a minute.", True
    if isinstance(
        error,
        exceptions.InvalidURL | exceptions.MissingSchema | exceptions.InvalidSchema,
    ):
        return (
            f"{host or 'The login address'} isn't an address that can be asked. Check LoginURL and the proxy.",
            False,
        )
    return f"The answer of {host} broke off. Try again in a minute.", True


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
