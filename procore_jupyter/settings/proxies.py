"""How requests leave this machine: proxies and trusted certificates, from settings and an environment.

requests reads the environment by itself unless ``trust_env`` is off; ours is off, because there it beats the
session's own settings. So what it would have found is looked up here, once, from a mapping that is handed in.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from procore_jupyter.addresses import is_loopback
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.wording import shown_path

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)


class ProxyURL(str):
    """A proxy's address that doesn't draw the user and password in it. Whoever connects reads its characters."""

    __slots__ = ()

    def __new__(cls, url: str) -> Self:
        """Take the characters: ``str`` of another one would be masked."""
        return super().__new__(cls, url[:])

    def _masked(self) -> str:
        scheme, mark, rest = self.partition("://") if "://" in self else ("", "", self[:])
        return f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if "@" in rest else self[:]

    def __repr__(self) -> str:
        return repr(self._masked())

    def __str__(self) -> str:
        return self._masked()

    def __format__(self, spec: str) -> str:
        return format(self._masked(), spec)

    def __reduce_ex__(self, protocol: object) -> tuple[type, tuple[str]]:
        return ProxyURL, (self._masked(),)


def proxies(
    values: Mapping[str, str], environ: Mapping[str, str], urls: Collection[str], *, ask_system: bool
) -> dict[str, str]:
    """Return the proxies to use: those given by the properties, else the environment's.

    Parameters
    ----------
    values : mapping of str to str
        ``ProxyServer``, ``ProxyPort``, ``ProxyUser``, ``ProxyPassword`` where given.
    environ : mapping of str to str
        The environment.
    urls : collection of str
        The origins that will be asked.
    ask_system : bool
        Where the environment says nothing, look at Windows' or macOS' own settings.

    Raises
    ------
    ConfigurationError
        The properties don't fit each other.
    """
    server, port, user, password = (
        values.get(name, "") for name in ("ProxyServer", "ProxyPort", "ProxyUser", "ProxyPassword")
    )
    if "ProxyServer" in values or port or user or password:
        found = given_proxies(server, port, user, password, urls)
    else:
        found = environment_proxies(environ, urls)
        if not found and ask_system:
            found = environment_proxies(system_proxies(urls), urls)
    return {name: ProxyURL(url) for name, url in found.items()}


def given_proxies(server: str, port: str, user: str, password: str, urls: Collection[str]) -> dict[str, str]:
    """Return the proxies for a proxy given by settings, as `requests.Session.proxies` takes them.

    Parameters
    ----------
    server : str
        ``http://host[:port]``; empty for no proxy at all.
    port, user, password : str
        Empty where not given.
    urls : collection of str
        The origins that will be asked. Those on this machine are asked directly, unless the proxy is on
        this machine too: http to them is allowed only because it doesn't leave it.

    Raises
    ------
    ConfigurationError
        They don't fit each other.
    """
    if not server:
        for name, value in (("ProxyPort", port), ("ProxyUser", user), ("ProxyPassword", password)):
            if value:
                raise ConfigurationError(
                    f"{name} is given without a proxy. Add ProxyServer=… or leave {name} out."
                )
        return {}
    if password and not user:
        raise ConfigurationError("ProxyPassword is given without ProxyUser. Add ProxyUser=… or leave it out.")
    scheme, _, host = server.partition("://")
    told = urlsplit(server)
    if port:
        if told.port is not None and str(told.port) != port:
            raise ConfigurationError(
                "ProxyServer and ProxyPort name two different ports. Leave one of them out."
            )
        host = host if told.port is not None else f"{host}:{port}"
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    proxy = f"{scheme}://{who}{host}"
    direct = set() if is_loopback(told.hostname or "") else {url for url in urls if is_loopback(_host(url))}
    return {"http": proxy, "https": proxy} | dict.fromkeys(map(_scheme_and_host, direct), "")


def environment_proxies(environ: Mapping[str, str], urls: Collection[str]) -> dict[str, str]:
    """Return the proxies that an environment names, by the rules of requests and curl.

    ``https_proxy``, ``http_proxy``, else ``all_proxy``; small letters before capital ones, and an empty one in
    small letters unsets; a CGI script's ``HTTP_PROXY`` comes from a request and is not believed. ``no_proxy`` holds hosts,
    domains, IPv4 networks or ``*``. This machine is always asked directly.

    Parameters
    ----------
    environ : mapping of str to str
        The environment.
    urls : collection of str
        The origins that will be asked: domains in ``no_proxy`` are worked out for these. (The mapping that
        requests takes knows hosts, not domains. Every host named in ``no_proxy`` is in it too.)

    Returns
    -------
    dict of str to str
        By scheme; by ``scheme://host``, with an empty value, for what is asked directly.
    """
    found: dict[str, str] = {}
    for small in (False, True):
        for name, value in environ.items():
            if name.lower().endswith("_proxy") and (not small or name == name.lower()):
                scheme = name.lower().removesuffix("_proxy")
                if value:
                    found[scheme] = value
                elif small:
                    found.pop(scheme, None)
        if not small and "REQUEST_METHOD" in environ:
            found.pop("http", None)
    proxies = {
        scheme: proxy for scheme in ("http", "https") if (proxy := found.get(scheme, found.get("all", "")))
    }
    direct_hosts = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    no_proxy = [entry for entry in direct_hosts.replace(" ", "").split(",") if entry]
    if not proxies or "*" in no_proxy:
        return {}
    direct = [url for url in urls if is_loopback(_host(url)) or _bypassed(url, no_proxy)]
    named = [
        f"{scheme}://{entry.lstrip('.')}"
        for entry in no_proxy
        if "/" not in entry
        for scheme in ("http", "https")
    ]
    return proxies | dict.fromkeys([*map(_scheme_and_host, direct), *named], "")


def _bypassed(url: str, no_proxy: list[str]) -> bool:
    host = _host(url)
    port = urlsplit(url).port
    names = [host] if port is None else [host, f"{host}:{port}"]
    for entry in no_proxy:
        bare = entry.lstrip(".").lower()
        if any(name == bare or name.endswith(f".{bare}") for name in names) or _within(host, entry):
            return True
    return False


def _within(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def system_proxies(urls: Collection[str]) -> dict[str, str]:
    """Return what Windows' or macOS' own settings say, put as environment variables; nothing elsewhere.

    requests turns to them where no variable is set. Not run: no such machine at hand.
    """
    if os.name != "nt" and sys.platform != "darwin":
        return {}
    from urllib.request import getproxies, proxy_bypass

    variables = {
        f"{scheme}_proxy": proxy
        for scheme, proxy in getproxies().items()
        if scheme in ("http", "https", "all")
    }
    return variables | {"no_proxy": ",".join(host for host in map(_host, urls) if proxy_bypass(host))}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _scheme_and_host(url: str) -> str:
    # As requests builds its keys: without the port, and without an IPv6 address's brackets.
    return f"{urlsplit(url).scheme}://{_host(url)}"


def ca_bundle(given: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file (or OpenSSL folder) of certificates to trust, None for requests' own.

    Parameters
    ----------
    given : str or None
        ``SSLServerCert``; else ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE`` and ``SSL_CERT_FILE`` are looked at,
        else the system's bundle, which knows a company's own certificates where requests' doesn't.

    Raises
    ------
    ConfigurationError
        The file is not there, or can't be read.
    """
    if given is not None:
        return _readable("SSLServerCert", given)
    for name in _BUNDLES:
        if environ.get(name):
            return _readable(name, environ[name])
    return next(
        (path for path in _SYSTEM_BUNDLES if os.access(path, os.R_OK) and os.path.getsize(path)), None
    )


def _readable(name: str, value: str) -> str:
    try:
        path = Path(value).expanduser()
        readable = path.exists() and os.access(path, os.R_OK)
    except (OSError, ValueError, RuntimeError):
        readable = False
    if not readable:
        raise ConfigurationError(
            f"{name}: the file of certificates {shown_path(value)} is not there or can't be read."
            f" Correct the path, or leave {name} out."
        )
    return str(path)
