"""The bearer and the company header reach the API host alone, whatever leads elsewhere."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Callable
from typing import Any

import pytest
import requests
import urllib3

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.scope import downloading
from tests.session.conftest import TOKEN, Answer, Arrived, Server, Tokens
from tests.test_addresses import LOOK_ALIKES

BEARER = f"Bearer {TOKEN}"
COMPANY = "procore-company-id"


def to(address: str, status: int = 302) -> Answer:
    return Answer(status, headers={"Location": address})


def test_a_relative_url_goes_to_the_api_host_with_bearer_and_company(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    session = make_session(company_id=4711)
    for path in ("/rest/v1.0/me", "rest/v1.0/me", "//rest/v1.0/me", "  /rest/v1.0/me", b"/rest/v1.0/me"):
        session.get(path)
    assert [(r.path, r.headers["authorization"], r.headers[COMPANY]) for r in api.arrived] == [
        ("/rest/v1.0/me", BEARER, "4711")
    ] * 5


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test/x",
        "\\\\evil.test/x",
        "@evil.test/",
        "/../../x",
        ":80@evil.test/",
        "evil.test:443",
        "?x=http://evil.test",
    ],
)
def test_no_relative_url_leaves_the_api_host(path: str, api: Server, session: RefreshingSession) -> None:
    session.get(path)
    assert len(api.arrived) == 1


def test_a_prepared_request_with_a_relative_url_goes_to_the_api_host(
    api: Server, session: RefreshingSession
) -> None:
    request = requests.Request("GET", "/rest/v1.0/me")
    session.send(session.prepare_request(request))
    assert api.arrived[0].headers["authorization"] == BEARER
    assert request.url == "/rest/v1.0/me"  # the caller's own object stays what it was


def test_a_request_prepared_elsewhere_gets_the_bearer_when_sent(
    api: Server, session: RefreshingSession
) -> None:
    session.send(requests.Request("GET", api.url + "/rest/v1.0/me").prepare())
    assert api.arrived[0].headers["authorization"] == BEARER


def test_a_path_of_the_api_url_comes_before_relative_urls(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    make_session(api_url=api.url + "/behind/a/proxy/").get("/rest/v1.0/me")
    assert api.arrived[0].path == "/behind/a/proxy/rest/v1.0/me"


def test_an_absolute_url_of_another_server_gets_nothing_of_ours(
    api: Server,
    servers: Callable[..., Server],
    make_session: Callable[..., RefreshingSession],
    tokens: Tokens,
) -> None:
    other = servers()
    session = make_session(company_id=4711)
    for url in (other.url, f"http://localhost:{other.port}", f"http://localhost:{api.port}"):
        session.get(url + "/rest/v1.0/me")
    assert len(other.arrived) == 2 and len(api.arrived) == 1
    for request in other.arrived + api.arrived:
        assert "authorization" not in request.headers
        assert COMPANY not in request.headers
    assert tokens.asked == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_server_leaves_bearer_and_company_behind(
    status: int, api: Server, servers: Callable[..., Server], make_session: Callable[..., RefreshingSession]
) -> None:
    other = servers()
    for place in (other.url, f"http://localhost:{other.port}", f"//127.0.0.1:{other.port}"):
        api.answers(to(f"{place}/stolen", status))
        make_session(company_id=4711).post("/rest/v1.0/x", data=b"body")
    assert [r.path for r in other.arrived] == ["/stolen"] * 3
    assert all(r.headers["authorization"] == BEARER for r in api.arrived)
    assert not any("authorization" in r.headers or COMPANY in r.headers for r in other.arrived)


def test_a_redirect_to_another_name_of_the_same_server_leaves_them_behind_too(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    def answer(request: Arrived) -> Answer:
        return to(f"http://localhost:{api.port}/second") if request.path == "/first" else Answer()

    api.answer = answer
    make_session(company_id=4711).get("/first")
    assert [(r.path, "authorization" in r.headers, COMPANY in r.headers) for r in api.arrived] == [
        ("/first", True, True),
        ("/second", False, False),
    ]


def test_a_redirect_within_the_api_keeps_them(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    def answer(request: Arrived) -> Answer:
        return (
            to({"/first": "/second", "/second": api.url + "/third"}[request.path])
            if request.path != "/third"
            else Answer()
        )

    api.answer = answer
    response = make_session(company_id=4711).get("/first")
    assert [r.status_code for r in response.history] == [302, 302]
    assert [(r.path, r.headers["authorization"], r.headers[COMPANY]) for r in api.arrived] == [
        (path, BEARER, "4711") for path in ("/first", "/second", "/third")
    ]


def test_a_way_through_another_server_and_back_shows_the_bearer_to_the_api_alone(
    api: Server, servers: Callable[..., Server], session: RefreshingSession
) -> None:
    api.answer = lambda request: to(other.url + "/there") if request.path == "/first" else Answer()
    other = servers(lambda request: to(api.url + "/back"))
    session.get("/first")
    assert "authorization" not in other.arrived[0].headers
    assert [(r.path, r.headers["authorization"]) for r in api.arrived] == [
        ("/first", BEARER),
        ("/back", BEARER),
    ]


def test_a_next_request_that_the_caller_sends_is_judged_anew(
    api: Server, servers: Callable[..., Server], session: RefreshingSession
) -> None:
    other = servers()
    api.answers(to(other.url + "/there"))
    response = session.get("/first", allow_redirects=False)
    assert response.next is not None
    session.send(response.next)
    assert "authorization" not in other.arrived[0].headers


class Wire(requests.adapters.BaseAdapter):
    """Records what would be sent, in place of a network; `leads` says which URLs are redirects, and where to."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[str, str] = {}
        self.sent: list[tuple[str, dict[str, str]]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        self.sent.append((str(request.url), {k: str.__str__(v) for k, v in request.headers.items()}))
        response = requests.Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        if response.url in self.leads:
            response.status_code, response.headers["Location"] = 302, self.leads[response.url]
        response.raw = urllib3.HTTPResponse(io.BytesIO(b"{}"), preload_content=False)
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def wired(tokens: Tokens) -> tuple[RefreshingSession, Wire]:
    """Give a session for the real API's address, and the record of what it would send."""
    session = RefreshingSession(
        "https://api.procore.com", "https://login.procore.com", tokens, company_id=4711
    )
    wire = Wire()
    for prefix in ("https://", "http://"):
        session.mount(prefix, wire)
    return session, wire


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_no_look_alike_gets_the_bearer_by_a_redirect(url: str, wired: tuple[RefreshingSession, Wire]) -> None:
    """requests normalises a caller's address, but not a redirect's: that arrives as the server wrote it."""
    session, wire = wired
    request = requests.Request("GET", "https://api.procore.com/first").prepare()
    session.send(request)
    request.url = url
    with contextlib.suppress(requests.RequestException, ValueError):
        session.send(request)
    assert wire.sent[0][1]["Authorization"] == BEARER
    for _, headers in wire.sent[1:]:
        assert "Authorization" not in headers
        assert "Procore-Company-Id" not in headers


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_no_look_alike_gets_the_bearer_as_a_callers_url(
    url: str, wired: tuple[RefreshingSession, Wire]
) -> None:
    session, wire = wired
    try:
        session.get(url)
    except (requests.RequestException, ValueError):
        return
    for sent, headers in wire.sent:
        # Where requests itself puts the address in order, it may truly be the API's: then by both readings.
        if headers.get("Authorization") == BEARER:
            assert sent.startswith(("https://api.procore.com/", "https://api.procore.com:443/"))
            assert not url.strip().startswith(("http://", "https://user", "https://evil"))


def test_a_callers_own_authorization_wins(api: Server, session: RefreshingSession, tokens: Tokens) -> None:
    session.get("/a", headers={"authorization": "Token mine"})
    session.get("/b", auth=("me", "word"))
    session.get(api.url.replace("http://", "http://me:word@") + "/c")
    basic = "Basic " + base64.b64encode(b"me:word").decode()
    assert [r.headers["authorization"] for r in api.arrived] == ["Token mine", basic, basic]
    assert tokens.asked == 0


def test_a_callers_own_company_wins(api: Server, make_session: Callable[..., RefreshingSession]) -> None:
    make_session(company_id=4711).get("/a", headers={"procore-company-id": "99"})
    assert api.arrived[0].headers[COMPANY] == "99"


def test_another_company_is_sent_from_the_next_request_on(api: Server, session: RefreshingSession) -> None:
    prepared = session.prepare_request(requests.Request("GET", "/a"))
    for company in (1, 2, None):
        session.company_id = company
        session.send(prepared.copy())
    assert [r.headers.get(COMPANY) for r in api.arrived] == ["1", "2", None]


def test_a_request_sent_again_through_a_session_without_sign_in_or_company_carries_neither(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    request = make_session(company_id=1).get("/a").request
    make_session(tokens=None).send(request)
    assert [("authorization" in r.headers, COMPANY in r.headers) for r in api.arrived] == [
        (True, True),
        (False, False),
    ]


def test_a_request_sent_again_gets_the_company_chosen_by_then(
    api: Server, session: RefreshingSession
) -> None:
    session.company_id = 1
    request = session.get("/a").request
    session.company_id = 2
    session.send(request)
    assert [r.headers.get(COMPANY) for r in api.arrived] == ["1", "2"]


def test_without_a_sign_in_nothing_is_attached(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    make_session(tokens=None).get("/a")
    assert "authorization" not in api.arrived[0].headers


def test_netrc_and_the_environments_proxies_are_not_read(
    api: Server, session: RefreshingSession, home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    netrc = Path(str(home)) / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password word\ndefault login me password word\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")
    session.get("/a")
    assert api.arrived[0].headers["authorization"] == BEARER


def test_reading_the_environment_can_not_be_switched_on(session: RefreshingSession) -> None:
    assert session.trust_env is False
    session.trust_env = False
    with pytest.raises(ConfigurationError, match=r"\.netrc"):
        session.trust_env = True
    assert session.trust_env is False


@pytest.mark.parametrize("how", ["argument", "attribute", "prepared", "zero", "none", "redirect"])
def test_verification_can_not_be_switched_off_for_the_api(
    how: str, api: Server, servers: Callable[..., Server], session: RefreshingSession
) -> None:
    prepared = session.prepare_request(requests.Request("GET", "/a"))
    other = servers(lambda request: to(api.url + "/a"))
    with pytest.raises(ConfigurationError, match="SSLServerCert"):
        if how == "argument":
            session.get("/a", verify=False)
        elif how == "attribute":
            session.verify = False
            session.get("/a")
        elif how == "prepared":
            session.send(prepared, verify=False)
        elif how == "zero":
            session.get("/a", verify=0)  # type: ignore[arg-type]
        elif how == "none":
            session.send(prepared, verify=None)
        else:
            session.get(f"http://localhost:{other.port}/", verify=False)
    assert api.arrived == []


@pytest.mark.parametrize(
    "url",
    [
        "https://login.procore.test/oauth/token",
        "http://LOGIN.procore.test.:81/",
        "https://x@login.procore.test/",
    ],
)
def test_verification_can_not_be_switched_off_for_the_login_host(
    url: str, session: RefreshingSession
) -> None:
    with pytest.raises(ConfigurationError, match="verify=False"):
        session.post(url, verify=False)


def test_verification_of_other_hosts_is_the_callers_business(
    servers: Callable[..., Server], session: RefreshingSession
) -> None:
    assert session.get(f"http://localhost:{servers().port}/", verify=False).status_code == 200


@pytest.mark.parametrize("url", ["https://files.procore.test/a", "https://a.b.files.procore.test/a?q#f"])
@pytest.mark.parametrize("off", [False, 0, None, ""])
@pytest.mark.parametrize("how", ["argument", "attribute", "redirect"])
def test_verification_can_not_be_switched_off_for_a_file_host_that_gets_the_token(
    how: str, off: object, url: str, make_session: Callable[..., RefreshingSession], tokens: Tokens
) -> None:
    session = make_session(file_hosts=["files.procore.test", "*.files.procore.test"])
    wire = Wire()
    wire.leads["https://elsewhere.test/"] = url
    session.mount("https://", wire)
    with downloading(), pytest.raises(ConfigurationError, match="SSLServerCert"):
        if how == "attribute":
            session.verify = off  # type: ignore[assignment]
            session.get(url)
        else:
            first = url if how == "argument" else "https://elsewhere.test/"
            session.send(session.prepare_request(requests.Request("GET", first)), verify=off)
    assert url not in dict(wire.sent) and tokens.asked == 0
    session.verify = True
    with downloading():
        session.get(url)
    session.verify = False
    session.get(url)  # no download, so no token goes there
    assert [headers.get("Authorization") for sent, headers in wire.sent if sent == url] == [BEARER, None]


@pytest.mark.parametrize("proxy", ["http://proxy.test:3128", "proxy.test:3128", "http://u:p@10.0.0.9"])
def test_no_token_goes_in_the_clear_through_a_proxy_on_another_machine(
    proxy: str, api: Server, session: RefreshingSession, tokens: Tokens
) -> None:
    with pytest.raises(ConfigurationError, match="could read it"):
        session.get("/a", proxies={"http": proxy})
    session.proxies = {"all": proxy}
    with pytest.raises(ConfigurationError, match="could read it") as refused:
        session.get("/a")
    assert "u:p" not in str(refused.value)
    assert api.arrived == [] and tokens.asked == 0
    assert session.get("/a", proxies={"http": ""}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "post", "BREW"])
def test_a_read_only_connection_sends_no_change_and_asks_for_no_token(
    method: str, api: Server, make_session: Callable[..., RefreshingSession], tokens: Tokens
) -> None:
    session = make_session(readonly=True)
    with pytest.raises(ConfigurationError, match=f"{method.upper()} was not sent"):
        session.request(method, "/a")
    with pytest.raises(ConfigurationError):
        session.send(requests.Request(method, api.url + "/a").prepare())
    assert api.arrived == [] and tokens.asked == 0


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
def test_a_read_only_connection_sends_no_change_in_disguise(
    header: str, api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    with pytest.raises(ConfigurationError, match="not sent"):
        make_session(readonly=True).get("/a", headers={header: "DELETE"})
    assert api.arrived == []


def test_a_read_only_connection_reads(api: Server, make_session: Callable[..., RefreshingSession]) -> None:
    session = make_session(readonly=True)
    for read in (session.get, session.head, session.options):
        assert read("/a").status_code == 200
    assert session.readonly
    with pytest.raises(AttributeError):
        session.readonly = False  # type: ignore[misc]
