"""How requests leave this machine: proxies and trusted certificates, from properties and an environment.

requests reads the environment by itself while ``trust_env`` is on, and lets it win over the session's own settings.
So ours is off, and this module looks up once what requests would find, in a mapping that the caller passes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from procore_jupyter.addresses import is_loopback
from procore_jupyter.errors import ConfigurationError, without_locals
from procore_jupyter.secret import masked_userinfo
from procore_jupyter.wording import shown_path, wrapping

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""The environment's variables for certificates: the two of requests, in its order, and OpenSSL's."""

_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)


@without_locals
def proxies(
    values: Mapping[str, str], environ: Mapping[str, str], urls: Collection[str], *, ask_system: bool
) -> dict[str, str]:
    """Return the proxies to use: the one that the properties give, or else the environment's.

    Parameters
    ----------
    values : mapping of str to str
        ``ProxyServer``, ``ProxyPort``, ``ProxyUser`` and ``ProxyPassword``, as far as they were given.
    environ : mapping of str to str
        The environment.
    urls : collection of str
        The origins that will be asked.
    ask_system : bool
        Whether to use the proxies of Windows' or macOS' own settings if the environment names none.

    Raises
    ------
    ConfigurationError
        The properties don't fit each other, or a proxy of the environment's can't be one.
    """
    server, port, user, password = (
        values.get(name, "") for name in ("ProxyServer", "ProxyPort", "ProxyUser", "ProxyPassword")
    )
    if "ProxyServer" in values or port or user or password:
        found = given_proxies(server, port, user, password, urls)
    else:
        found = environment_proxies(environ, urls, ask_system=ask_system)
    return {name: masked_userinfo(url) for name, url in found.items()}


@without_locals
def given_proxies(server: str, port: str, user: str, password: str, urls: Collection[str]) -> dict[str, str]:
    """Return the proxies for a proxy that the properties give, as `requests.Session.proxies` takes them.

    Parameters
    ----------
    server : str
        ``http://host[:port]``; empty for no proxy at all.
    port, user, password : str
        Empty if not given.
    urls : collection of str
        The origins that will be asked. Those on this machine are asked directly, unless the proxy is on this
        machine too: http to them is allowed only because it never leaves the machine.

    Raises
    ------
    ConfigurationError
        The values don't fit each other.
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
            raise ConfigurationError("ProxyServer and ProxyPort name two different ports. Leave one out.")
        host = host if told.port is not None else f"{host}:{port}"
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    proxy = f"{scheme}://{who}{host}"
    direct = [] if is_loopback(told.hostname or "") else [url for url in urls if is_loopback(_host(url))]
    return {"http": proxy, "https": proxy} | _directly(direct)


@without_locals
def environment_proxies(
    environ: Mapping[str, str], urls: Collection[str], *, ask_system: bool = False
) -> dict[str, str]:
    """Return the proxies that an environment names, as `requests.Session.proxies` takes them.

    The rules are those of requests: ``https_proxy`` and ``http_proxy``, or else ``all_proxy``; ``no_proxy`` holds
    hosts, domains, IPv4 networks or ``*``. This machine is always asked directly.

    Parameters
    ----------
    environ : mapping of str to str
        The environment.
    urls : collection of str
        The origins that will be asked. The mapping that requests takes knows hosts only, so domains and networks in
        ``no_proxy`` are worked out for these origins. Every host that ``no_proxy`` names is in the mapping too.
    ask_system : bool
        Whether to use the proxies of Windows' or macOS' own settings if the environment names none. Not yet run there.

    Returns
    -------
    dict of str to str
        By scheme; and by ``scheme://host``, with an empty value, for each host that is asked directly.
    """
    found = _variables(environ)
    if ask_system and not found:
        from urllib.request import getproxies  # 20 ms that `%load_ext` doesn't pay

        found = getproxies()
    proxies = {
        scheme: proxy for scheme in ("http", "https") if (proxy := found.get(scheme) or found.get("all"))
    }
    no_proxy = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").replace(" ", "")
    entries = [entry for entry in no_proxy.split(",") if entry]
    if not proxies or "*" in entries:
        return {}
    from requests.utils import should_bypass_proxies  # 50 ms that `%load_ext` doesn't pay

    direct = [url for url in urls if is_loopback(_host(url)) or should_bypass_proxies(url, no_proxy)]
    if len(direct) < len(urls):
        _check(proxies, environ)
    named = [
        f"{scheme}://{entry.lstrip('.')}"
        for entry in entries
        if "/" not in entry
        for scheme in ("http", "https")
    ]
    return proxies | _directly(direct) | dict.fromkeys(named, "")


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Read the variables as `urllib.request.getproxies_environment` does, but from a mapping.

    Small letters count before capitals, and an empty variable in small letters unsets. A CGI script's ``HTTP_PROXY``
    comes from a request's ``Proxy`` header and is ignored.
    """
    found: dict[str, str] = {}
    for name in sorted(environ, key=str.islower):
        scheme, _, end = name.lower().rpartition("_")
        if end != "proxy" or (scheme == "http" and not name.islower() and "REQUEST_METHOD" in environ):
            continue
        if environ[name]:
            found[scheme] = environ[name]
        elif name.islower():
            found.pop(scheme, None)
    return found


def _check(proxies: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Refuse a proxy with something around its address. Raises ConfigurationError, which names the variable."""
    for proxy in proxies.values():
        if wrong := wrapping(proxy):
            name = next((one for one, value in environ.items() if value == proxy), "for a proxy")
            raise ConfigurationError(f"The environment variable {name} can't be used: it {wrong}.")


def _directly(urls: Collection[str]) -> dict[str, str]:
    # requests' keys have neither the port nor an IPv6 address's brackets.
    return {f"{urlsplit(url).scheme}://{_host(url)}": "" for url in urls}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


@without_locals
def ca_bundle(given: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the file or OpenSSL folder of certificates to trust; None for the file that requests brings.

    The first of these counts: ``SSLServerCert``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``, ``SSL_CERT_FILE``, the
    system's file. The system's may hold a company's own certificates, which requests' file lacks.

    Parameters
    ----------
    given : str or None
        ``SSLServerCert``.
    environ : mapping of str to str
        The environment.

    Raises
    ------
    ConfigurationError
        The file that is named is not there, or can't be read.
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
    if not readable and (wrong := wrapping(value)):
        raise ConfigurationError(f"{name} can't be used: it {wrong}.")
    if not readable:
        raise ConfigurationError(
            f"{name}: the file of certificates {shown_path(value)} doesn't exist or can't be read."
            f" Correct the path, or leave {name} out."
        )
    return str(path)
