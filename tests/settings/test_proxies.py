"""Proxies and certificates, held against requests' own reading of the same environment."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest
import requests.utils
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.settings import proxies

LOGIN, API = "https://login.procore.com", "https://api.procore.com:8443"
URLS = (LOGIN, API)
PROXY = "http://proxy.corp:3128"


def chosen(proxies: dict[str, str], url: str) -> str | None:
    """The proxy that requests takes for a URL, with the mapping of a session that reads no environment."""
    return requests.utils.select_proxy(url, proxies) or None


def environment(environ: dict[str, str], urls: tuple[str, ...] = URLS) -> dict[str, str]:
    return proxies.environment_proxies(environ, urls)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTPS_PROXY": PROXY},
        {"https_proxy": PROXY},
        {"HTTPS_PROXY": "http://other:1", "https_proxy": PROXY},
        {"HTTPS_PROXY": PROXY, "https_proxy": ""},
        {"Https_Proxy": PROXY},
        {"HTTP_PROXY": PROXY},
        {"ALL_PROXY": PROXY},
        {"ALL_PROXY": "http://other:1", "HTTPS_PROXY": PROXY},
        {"HTTPS_PROXY": "proxy.corp:3128"},
        {"HTTPS_PROXY": "http://u:p%40@proxy.corp"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "procore.com"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": ".procore.com"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "login.procore.com, other.test"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "core.com"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.procore.com:8443"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.procore.com:443"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": "LOGIN.procore.com"},
        {"HTTPS_PROXY": PROXY, "NO_PROXY": ",, ,"},
        {"HTTPS_PROXY": PROXY, "no_proxy": "", "NO_PROXY": "procore.com"},
        {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"},
        {"http_proxy": PROXY, "REQUEST_METHOD": "GET"},
        {"Http_Proxy": PROXY, "REQUEST_METHOD": "GET"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "url", [f"{LOGIN}/oauth/token", f"{API}/rest", "http://files.test/x", "https://files.test/x"]
)
def test_the_proxy_is_the_one_that_requests_would_take(environ: dict[str, str], url: str) -> None:
    with mock.patch.dict(os.environ, environ, clear=True):
        theirs = requests.utils.resolve_proxies(requests.Request("GET", url).prepare(), {}, trust_env=True)
    assert chosen(environment(environ), url) == chosen(theirs, url)


@pytest.mark.parametrize("host", ["10.0.0.7", "10.1.0.7"])
@pytest.mark.parametrize("no_proxy", ["10.0.0.0/16", "10.0.0.7", "10.0.0.0/40", "0.7"])
def test_networks_in_no_proxy_are_respected_as_requests_does(host: str, no_proxy: str) -> None:
    url = f"https://{host}:8443"
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    with mock.patch.dict(os.environ, environ, clear=True):
        theirs = requests.utils.resolve_proxies(requests.Request("GET", url).prepare(), {}, trust_env=True)
    assert chosen(environment(environ, (url,)), url) == chosen(theirs, url)


@pytest.mark.parametrize("url", ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"])
def test_this_machine_is_asked_directly(url: str) -> None:
    for chosen_from in (
        environment({"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY}, (url, API)),
        proxies.given_proxies(PROXY, "", "", "", (url, API)),
    ):
        assert chosen(chosen_from, f"{url}/oauth/token") is None
        assert chosen(chosen_from, API) == PROXY


def test_a_given_proxy_on_this_machine_is_used_for_this_machine_too() -> None:
    found = proxies.given_proxies("http://127.0.0.1:8080", "", "", "", ("http://localhost:9000",))
    assert chosen(found, "http://localhost:9000/x") == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("given_as", "proxy"),
    [
        (("http://proxy.corp", "", "", ""), "http://proxy.corp"),
        (("http://proxy.corp", "3128", "", ""), PROXY),
        (("http://proxy.corp:3128", "3128", "", ""), PROXY),
        (("http://proxy.corp", "", "u", ""), "http://u:@proxy.corp"),
        (("http://proxy.corp", "1", "d\\u@x", "p:/@;%"), "http://d%5Cu%40x:p%3A%2F%40%3B%25@proxy.corp:1"),
        (("http://[fd00::1]", "3128", "", ""), "http://[fd00::1]:3128"),
    ],
)
def test_a_given_proxy_is_put_together(given_as: tuple[str, str, str, str], proxy: str) -> None:
    assert proxies.given_proxies(*given_as, URLS) == {"http": proxy, "https": proxy}


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])), st.text(alphabet="ab:@/%ä "))
def test_a_proxys_user_and_password_come_out_as_they_went_in(user: str, password: str) -> None:
    proxy = proxies.given_proxies("http://proxy.corp", "", user, password, ())["https"]
    assert requests.utils.get_auth_from_url(proxy) == (user, password)


def test_a_given_proxy_counts_before_the_environments_and_none_given_means_none() -> None:
    environ = {"HTTPS_PROXY": "http://other:1"}
    assert proxies.proxies({"ProxyServer": PROXY}, environ, URLS, ask_system=False)["https"] == PROXY
    assert proxies.proxies({"ProxyServer": ""}, environ, URLS, ask_system=False) == {}
    assert proxies.proxies({}, environ, URLS, ask_system=False)["https"] == "http://other:1"


def test_certificates_are_looked_for_in_the_order_of_requests(tmp_path: Path) -> None:
    environ = {}
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        path = tmp_path / name
        path.write_text("x")
        environ[name] = str(path)
        assert proxies.ca_bundle(None, environ) == str(path)
    assert proxies.ca_bundle(str(tmp_path), environ) == str(tmp_path)  # OpenSSL's folder form


def test_the_systems_certificates_are_used_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, empty = tmp_path / "ca.crt", tmp_path / "empty.crt"
    bundle.write_text("x")
    empty.write_text("")
    monkeypatch.setattr(proxies, "_SYSTEM_BUNDLES", (str(tmp_path / "missing"), str(empty), str(bundle)))
    assert proxies.ca_bundle(None, {"SSL_CERT_FILE": ""}) == str(bundle)
    monkeypatch.setattr(proxies, "_SYSTEM_BUNDLES", (str(empty),))
    assert proxies.ca_bundle(None, {}) is None


def test_a_home_folder_in_a_path_is_understood(home: Path) -> None:
    (home / "ca.pem").write_text("x")
    assert proxies.ca_bundle("~/ca.pem", {}) == str(home / "ca.pem")


@pytest.mark.parametrize(
    "value", ["/nowhere/ca.pem", "a\0b", "~nobody-of-this-name/ca.pem", "/" + "x" * 5000]
)
def test_certificates_that_cannot_be_read_are_an_error(value: str) -> None:
    with pytest.raises(ConfigurationError, match="SSLServerCert"):
        proxies.ca_bundle(value, {})
