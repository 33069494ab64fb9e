"""The routes on real Jupyter servers with unauthenticated access off, from outside: every kind of caller, every verb.

The servers log at DEBUG, and the last test reads their logs.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket, owner_file_name, to_text
from tests.servers import JupyterServerProcess
from tests.strangers import Stranger, needs_two_people

CLOSED = "--ServerApp.allow_unauthenticated_access=False"
# A route without a decorator makes Jupyter warn, and then our extension fails to load.
STRICT = "import warnings\nfrom jupyter_server.utils import JupyterServerAuthWarning\nwarnings.simplefilter('error', JupyterServerAuthWarning)"
# What the Hub's identity provider has, and Jupyter's own has not.
ON_A_HUB = "import jupyter_server.auth.identity as identity\nidentity.IdentityProvider.hub_auth = object()"
CODE = "MARKED-CODE"
ARRIVED = "Procore&#x27;s answer has arrived. You can close this tab: your notebook finishes the sign-in."
USED = "This link has already been used, and it works only once. Go back to your notebook and run %procore_connect again."
UNKNOWN = "This sign-in was not started here or has expired. Go back to your notebook and run %procore_connect again."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    with JupyterServerProcess(tmp_path_factory.mktemp("token"), options=[CLOSED], prelude=STRICT) as process:
        yield process


@pytest.fixture(scope="module")
def password_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    folder = tmp_path_factory.mktemp("password")
    with JupyterServerProcess(folder, password="open sesame", options=[CLOSED], prelude=STRICT) as process:
        yield process


@pytest.fixture(scope="module")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    folder = tmp_path_factory.mktemp("hub")
    with JupyterServerProcess(
        folder, options=[CLOSED, "--ServerApp.base_url=/user/dana/"], prelude=ON_A_HUB
    ) as process:
        yield process


@pytest.fixture
def person(server: JupyterServerProcess) -> Iterator[requests.Session]:
    """Give the browser of the person who is signed in to the Jupyter server."""
    with requests.Session() as session:
        session.get(server.url + "api/status", params={"token": server.token}).raise_for_status()
        session.get(server.url + "login", headers={"Sec-Fetch-Mode": "navigate"})
        yield session


class Kernel:
    """A kernel with a ticket, which knows the proof of the owner or doesn't."""

    def __init__(self, server: JupyterServerProcess, proof: str | None = None, name: str = "") -> None:
        self.base = server.url + "procore-jupyter/"
        self.ticket = Ticket.create(name)
        self.headers = {TICKET_HEADER: self.ticket.header}
        self.proof = {OWNER_HEADER: server.token if proof is None else proof}

    def open(self, **given: Any) -> requests.Response:
        headers = {**self.headers, **self.proof}
        return requests.post(self.base + "logins", headers=headers, timeout=30, **given)

    def result(self, wait: object = 0) -> requests.Response:
        return requests.get(f"{self.base}logins/result?wait={wait}", headers=self.headers, timeout=40)

    def close(self) -> requests.Response:
        return requests.delete(self.base + "logins/result", headers=self.headers, timeout=30)

    def callback(self, **query: str) -> requests.Response:
        query = {"state": self.ticket.state, **query}
        return requests.get(self.base + "callback", params=query, timeout=30, allow_redirects=False)


def sentence(answer: requests.Response) -> str:
    [found] = re.findall(r"<h1>(.*?)</h1>", answer.text)
    return str(found)


def check_page(answer: requests.Response, referrer_policy: str = "no-referrer") -> None:
    """Check what every page of ours has to have."""
    assert answer.headers["Content-Type"].lower() == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == referrer_policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "Etag" not in answer.headers


def test_anybody_may_ask_whether_the_extension_is_there(server: JupyterServerProcess) -> None:
    answer = requests.get(server.url + "procore-jupyter/health", timeout=30)

    assert answer.status_code == 200
    assert set(answer.json()) == {"version"}
    assert requests.head(server.url + "procore-jupyter/health", timeout=30).status_code == 200


def test_with_unauthenticated_access_off_it_loads_without_a_warning(server: JupyterServerProcess) -> None:
    assert "JupyterServerAuthWarning" not in server.log()
    assert "without @allow_unauthenticated" not in server.log()


def test_a_sign_in_from_opening_to_closing(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)

    opened = kernel.open()

    assert opened.status_code == 201
    assert set(opened.json()) == {"state", "expires_in", "start"}
    assert (opened.json()["state"], opened.json()["expires_in"]) == (kernel.ticket.state, 600)
    assert kernel.result().status_code == 204
    page = kernel.callback(code=CODE)
    assert page.status_code == 200
    assert sentence(page) == ARRIVED
    assert 'data-status="received"' in page.text
    check_page(page)
    for _ in range(2):
        assert kernel.result().json() == {"code": CODE, "state": kernel.ticket.state}
    assert kernel.close().status_code == 204
    assert kernel.result().status_code == 404
    assert kernel.close().status_code == 404


@pytest.mark.parametrize("scheme", ["token", "Token", "bearer"])
def test_the_proof_may_come_as_the_server_s_token_usually_does(
    server: JupyterServerProcess, scheme: str
) -> None:
    kernel = Kernel(server)
    kernel.proof = {"Authorization": f"{scheme} {server.token}"}

    assert kernel.open().status_code == 201


@pytest.mark.parametrize(
    "proof",
    [{}, {OWNER_HEADER: ""}, {OWNER_HEADER: "x"}, {"Authorization": "token x"}, {"Authorization": "token"}],
)
def test_a_stranger_without_cookie_or_token_cannot_open_a_login_on_my_server(
    server: JupyterServerProcess, proof: dict[str, str]
) -> None:
    stranger = Kernel(server)
    stranger.proof = proof

    assert stranger.open().status_code == 403

    assert stranger.result().status_code == 404  # and nothing was kept
    assert stranger.callback(code=CODE).status_code == 400


def test_a_token_in_the_address_is_no_proof(server: JupyterServerProcess) -> None:
    kernel = Kernel(server, proof="")

    answer = requests.post(f"{kernel.base}logins?token={server.token}", headers=kernel.headers, timeout=30)

    assert answer.status_code == 403
    assert kernel.result().status_code == 404


def test_a_signed_in_browser_is_no_proof(server: JupyterServerProcess, person: requests.Session) -> None:
    kernel = Kernel(server)

    answer = person.post(
        kernel.base + "logins", headers={**kernel.headers, "X-XSRFToken": person.cookies["_xsrf"]}, timeout=30
    )

    assert answer.status_code == 403
    assert kernel.result().status_code == 404


def test_a_browser_signed_in_with_the_password_is_no_proof_but_the_owner_s_file_is(
    password_server: JupyterServerProcess,
) -> None:
    kernel = Kernel(password_server)
    with requests.Session() as browser:
        browser.get(password_server.url + "login", timeout=30)
        form = {"_xsrf": browser.cookies["_xsrf"], "password": "open sesame"}
        browser.post(password_server.url + "login", data=form, timeout=30)
        assert browser.get(password_server.url + "api/status", timeout=30).status_code == 200
        refused = browser.post(
            kernel.base + "logins",
            headers={**kernel.headers, "X-XSRFToken": browser.cookies["_xsrf"]},
            timeout=30,
        )
    assert refused.status_code == 403
    assert kernel.result().status_code == 404

    file = password_server.runtime_folder / owner_file_name(password_server.process.pid)
    kernel.proof = {OWNER_HEADER: to_text(file.read_bytes())}

    assert kernel.open().status_code == 201
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("ticket", [None, "", "x", "A" * 42, "A" * 44, "é" * 43, "A" * 42 + "B"])
def test_without_a_whole_ticket_nothing_is_opened_nor_told(
    server: JupyterServerProcess, ticket: str | None
) -> None:
    kernel = Kernel(server)
    kernel.headers = {} if ticket is None else {TICKET_HEADER: ticket.encode("latin-1")}  # type: ignore[dict-item]

    assert kernel.open().status_code == 403
    assert kernel.result().status_code == 403
    assert kernel.close().status_code == 403


@pytest.mark.parametrize("wait", ["x", "-1", "nan", "inf", "1e9", "", "1" * 30])
def test_a_wait_that_is_no_number_of_seconds_is_refused(server: JupyterServerProcess, wait: str) -> None:
    kernel = Kernel(server)
    kernel.open()

    assert kernel.result(wait).status_code == 400


def test_the_kernel_that_waits_is_answered_when_the_browser_comes(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()
    answers: list[requests.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(kernel.result(25)))
    waiting.start()

    kernel.callback(code=CODE)
    waiting.join(20)  # less than the 25 s that the kernel would wait: it was woken

    assert answers[0].json()["code"] == CODE


def test_a_kernel_that_waits_hears_when_the_login_is_closed(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()
    answers: list[requests.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(kernel.result(25)))
    waiting.start()

    kernel.close()
    waiting.join(20)

    assert answers[0].status_code == 404


def test_a_kernel_that_vanishes_while_it_waits_leaves_the_answer_for_its_next_question(
    server: JupyterServerProcess,
) -> None:
    kernel = Kernel(server)
    kernel.open()
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        head = f"GET /procore-jupyter/logins/result?wait=25 HTTP/1.1\r\nHost: localhost\r\n{TICKET_HEADER}: {kernel.ticket.header}\r\n\r\n"
        gone.sendall(head.encode())

    kernel.callback(code=CODE)

    assert kernel.result().json()["code"] == CODE
    assert "Uncaught" not in server.log()


def test_a_kernel_that_vanishes_while_it_waits_leaves_nobody_waiting(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()
    before = server.log().count("204 GET /procore-jupyter/logins/result?wait=25")

    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        head = f"GET /procore-jupyter/logins/result?wait=25 HTTP/1.1\r\nHost: localhost\r\n{TICKET_HEADER}: {kernel.ticket.header}\r\n\r\n"
        gone.sendall(head.encode())

    latest = time.monotonic() + 20  # less than the 25 s that it would have waited
    while server.log().count("204 GET /procore-jupyter/logins/result?wait=25") == before:
        assert time.monotonic() < latest
        time.sleep(0.02)
    kernel.close()


def test_the_257th_login_is_refused_and_the_others_stay(server: JupyterServerProcess) -> None:
    kernels = [Kernel(server) for _ in range(257)]
    opened = []
    for kernel in kernels:
        answer = kernel.open()
        if answer.status_code == 429:
            break
        opened.append(kernel)
    else:
        raise AssertionError("no login was refused")

    assert len(opened) <= 256
    assert opened[0].callback(code=CODE).status_code == 200
    assert kernel.callback(code=CODE).status_code == 400
    for other in opened:
        assert other.close().status_code == 204
    assert kernel.open().status_code == 201
    kernel.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", UNKNOWN),
        ("code=c", UNKNOWN),
        ("code=c&state=" + "A" * 43, UNKNOWN),
        ("code=c&state=" + "A" * 43 + ".gpu", UNKNOWN),
        ("error=access_denied&state=" + "A" * 43, UNKNOWN),
        ("code=c&code=c&state=s", "This is not an address that Procore sends people to."),
        ("code=%ff&state=%ff", "This is not an address that Procore sends people to."),
        ("code=" + "c" * 5000 + "&state=s", "This is not an address that Procore sends people to."),
    ],
)
def test_a_forged_callback_changes_nothing_and_says_what_to_do(
    server: JupyterServerProcess, query: str, said: str
) -> None:
    answer = requests.get(f"{server.url}procore-jupyter/callback?{query}", timeout=30, allow_redirects=False)

    assert answer.status_code == 400
    assert sentence(answer).startswith(said)
    assert "<script" not in answer.text  # and the notebook's page hears nothing of it
    check_page(answer)


def test_a_used_state_is_refused_and_the_first_answer_stays(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()
    kernel.callback(code=CODE)

    second = kernel.callback(code="another")

    assert second.status_code == 400
    assert sentence(second).startswith("This sign-in has already been used.")
    assert kernel.result().json()["code"] == CODE


def test_an_answer_that_is_none_does_not_use_the_state_up(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()

    assert kernel.callback().status_code == 400
    assert kernel.callback(code="c", error="e").status_code == 400
    assert (
        requests.head(
            kernel.base + "callback", params={"code": "c", "state": kernel.ticket.state}, timeout=30
        ).status_code
        == 200
    )

    assert kernel.result().status_code == 204
    assert kernel.callback(code=CODE).status_code == 200


def test_deny_on_procore_s_page_reaches_kernel_and_person(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()

    page = kernel.callback(error="access_denied", error_description="No.")

    assert (
        sentence(page)
        == "Not signed in: you chose Deny on Procore&#x27;s page. Run %procore_connect again to try again."
    )
    assert 'data-status="denied"' in page.text
    assert kernel.result().json() == {
        "error": "access_denied",
        "error_description": "No.",
        "state": kernel.ticket.state,
    }


def test_what_the_provider_says_is_shown_as_text(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()

    page = kernel.callback(error="server_error", error_description="</h1><script>alert('x')</script>")

    assert "&lt;/h1&gt;&lt;script&gt;" in page.text
    assert "alert('x')" not in page.text
    assert 'data-status="failed"' in page.text


def test_nothing_of_the_answer_is_on_the_page(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()

    for page in (kernel.callback(code=CODE), kernel.callback(code=CODE)):
        assert CODE not in page.text + str(page.headers)
        assert kernel.ticket.state not in page.text + str(page.headers)


def test_a_request_under_another_host_name_is_refused_with_a_page_of_ours(
    server: JupyterServerProcess,
) -> None:
    kernel = Kernel(server)
    kernel.open()

    answer = requests.get(
        kernel.base + "callback",
        params={"code": CODE, "state": kernel.ticket.state},
        headers={"Host": "evil.example"},
        timeout=30,
    )

    assert answer.status_code == 403
    check_page(answer)
    assert kernel.result().status_code == 204


def test_a_page_of_another_site_cannot_use_the_kernel_s_routes(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    foreign = {"Origin": "https://evil.example"}

    preflight = requests.options(
        kernel.base + "logins/result",
        headers={
            **foreign,
            "Access-Control-Request-Method": "DELETE",
            "Access-Control-Request-Headers": TICKET_HEADER,
        },
        timeout=30,
    )
    opened = requests.post(
        kernel.base + "logins", headers={**kernel.headers, **kernel.proof, **foreign}, timeout=30
    )

    assert TICKET_HEADER.lower() not in preflight.headers.get("Access-Control-Allow-Headers", "").lower()
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert opened.status_code == 404
    assert kernel.result().status_code == 404


@pytest.mark.parametrize(
    ("route", "verbs"),
    [
        ("callback", {"GET", "HEAD"}),
        ("start", {"GET"}),
        ("paste", {"GET", "POST"}),
        ("logins", {"POST", "OPTIONS"}),
        ("logins/result", {"GET", "DELETE", "OPTIONS"}),
        ("health", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_verb_that_a_route_does_not_have_is_refused(
    server: JupyterServerProcess, route: str, verbs: set[str]
) -> None:
    headers = {"Authorization": f"token {server.token}"}
    for verb in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - verbs:
        answer = requests.request(
            verb, f"{server.url}procore-jupyter/{route}", headers=headers, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 405, verb


@pytest.mark.parametrize("route", ["start?login=x", "paste"])
def test_a_person_s_page_asks_for_the_jupyter_server_s_own_sign_in(
    server: JupyterServerProcess, route: str
) -> None:
    answer = requests.get(f"{server.url}procore-jupyter/{route}", timeout=30, allow_redirects=False)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?")


def test_the_start_page_leads_to_procore_and_holds_nothing_of_the_link(
    server: JupyterServerProcess, person: requests.Session
) -> None:
    kernel = Kernel(server)
    url = f"https://login.procore.com/oauth/authorize?response_type=code&state={kernel.ticket.state}"
    start = kernel.open(json={"authorize_url": url}).json()["start"]
    address = f"{kernel.base}start?login={start}"

    answer = person.get(address, allow_redirects=False, timeout=30)

    assert (answer.status_code, answer.headers["Location"]) == (302, url)
    check_page(answer)
    assert kernel.ticket.state not in address
    for _ in range(2):
        again = person.get(address, allow_redirects=False, timeout=30)
        assert (again.status_code, sentence(again)) == (400, USED)
    another = kernel.open(json={"authorize_url": url}).json()["start"]
    fresh = person.get(f"{kernel.base}start?login={another}", allow_redirects=False, timeout=30)
    assert (fresh.status_code, fresh.headers["Location"]) == (302, url)
    kernel.close()
    gone = person.get(address, allow_redirects=False, timeout=30)
    assert (gone.status_code, sentence(gone)) == (400, UNKNOWN)


@needs_two_people
@pytest.mark.parametrize("kind", ["token", "no sign-in"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_start_page_leads_no_other_user_of_the_machine_to_procore_though_he_is_a_guest_of_the_server(
    server: JupyterServerProcess, tmp_path: Path, kind: str, host: str
) -> None:
    with ExitStack() as open_ones:
        running = server
        if kind == "no sign-in":
            running = open_ones.enter_context(JupyterServerProcess(tmp_path, token="", options=[CLOSED]))
        proof = None
        if kind == "no sign-in":
            proof = to_text((running.runtime_folder / owner_file_name(running.process.pid)).read_bytes())
        kernel = Kernel(running, proof)
        url = f"https://login.procore.com/oauth/authorize?state={kernel.ticket.state}"
        start = kernel.open(json={"authorize_url": url}).json()["start"]
        address = f"{kernel.base}start?login={start}&token={running.token}".replace("localhost", host)
        stranger = open_ones.enter_context(Stranger())
        for _ in range(2):
            status, location, page = stranger.get(address)
            assert (status, location) == (403, None)
            assert "only for the person whose notebook shows it" in page
            assert kernel.ticket.state not in page
        mine = requests.get(address, allow_redirects=False, timeout=30)
        assert (mine.status_code, mine.headers["Location"]) == (302, url)


def test_where_the_system_tells_no_owners_there_is_no_start_page(tmp_path: Path) -> None:
    blind = "import procore_jupyter.server.handlers as ours\nours.owners_are_told = lambda: False"
    with JupyterServerProcess(tmp_path / "own", options=[CLOSED], prelude=blind) as alone:
        assert "start" not in Kernel(alone).open().json()
    options = [CLOSED, "--ServerApp.base_url=/user/dana/"]
    with JupyterServerProcess(tmp_path / "hub", options=options, prelude=f"{ON_A_HUB}\n{blind}") as on_hub:
        assert "start" in Kernel(on_hub).open().json()


def test_the_start_page_leads_to_a_procore_on_this_machine_too(
    server: JupyterServerProcess, person: requests.Session
) -> None:
    for host in ("localhost:9000", "127.0.0.1:9000", "[::1]:9000"):
        kernel = Kernel(server)
        url = f"http://{host}/oauth/authorize?state={kernel.ticket.state}"
        start = kernel.open(json={"authorize_url": url}).json()["start"]
        assert (
            person.get(f"{kernel.base}start?login={start}", allow_redirects=False, timeout=30).headers[
                "Location"
            ]
            == url
        )


@pytest.mark.parametrize(
    "url",
    [
        "http://login.procore.com/?state=STATE",
        "javascript:alert(1)//?state=STATE",
        "https://login.procore.com/?state=" + "A" * 43,
        "https://login.procore.com/",
        "https://login.procore.com/?state=STATE&state=STATE",
        "https://login.procore.com/#?state=STATE",
        "https://good.test@evil.test/?state=STATE",
        "https://good.test\\@evil.test/?state=STATE",
        "https:///?state=STATE",
        "//evil.test/?state=STATE",
        "https://login.procore.com/ ?state=STATE",
        "https://login.procore.com/\n?state=STATE",
        "https://löwe.test/?state=STATE",
        "https://login.procore.com/?state=STATE&x=" + "x" * 20_000,
        "https://[/?state=STATE",
        7,
        None,
        {"state": "STATE"},
    ],
)
def test_only_an_authorize_link_of_this_login_is_taken(server: JupyterServerProcess, url: object) -> None:
    kernel = Kernel(server)
    if isinstance(url, str):
        url = url.replace("STATE", kernel.ticket.state)

    assert kernel.open(json={"authorize_url": url}).status_code == 400

    assert kernel.result().status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b"{}", b"[" * 10_000])
def test_a_body_that_is_not_ours_is_refused(server: JupyterServerProcess, body: bytes) -> None:
    kernel = Kernel(server)

    assert kernel.open(data=body).status_code == 400

    assert kernel.result().status_code == 404


def test_the_address_the_browser_ended_on_can_be_pasted(
    server: JupyterServerProcess, person: requests.Session
) -> None:
    kernel = Kernel(server)
    kernel.open()
    form = person.get(kernel.base + "paste", timeout=30)
    check_page(form, "same-origin")  # else a browser sends "Origin: null" with the form
    [xsrf] = re.findall(r'name="_xsrf" value="([^"]+)"', form.text)

    answer = person.post(
        kernel.base + "paste",
        data={"_xsrf": xsrf, "address": f" http://localhost/?code={CODE}&state={kernel.ticket.state}#frag\n"},
        headers={"Origin": server.url.rstrip("/")},
        timeout=30,
    )

    assert answer.status_code == 200
    assert sentence(answer) == ARRIVED
    assert kernel.result().json() == {"code": CODE, "state": kernel.ticket.state}


def test_a_form_of_another_site_is_not_taken(server: JupyterServerProcess, person: requests.Session) -> None:
    kernel = Kernel(server)
    kernel.open()
    address = {"address": f"http://localhost/?code={CODE}&state={kernel.ticket.state}"}

    for form in (address, {**address, "_xsrf": "2|x|y|1"}):
        answer = person.post(kernel.base + "paste", data=form, timeout=30)
        assert answer.status_code == 403
        check_page(answer, "same-origin")

    for origin in ("null", "https://evil.example"):
        form = {**address, "_xsrf": person.cookies["_xsrf"]}
        answer = person.post(kernel.base + "paste", data=form, headers={"Origin": origin}, timeout=30)
        assert answer.status_code == 404

    assert kernel.result().status_code == 204


def test_a_stranger_cannot_paste(server: JupyterServerProcess) -> None:
    kernel = Kernel(server)
    kernel.open()
    with requests.Session() as stranger:
        stranger.get(server.url + "login", timeout=30)
        form = {"_xsrf": stranger.cookies["_xsrf"], "address": f"?code={CODE}&state={kernel.ticket.state}"}

        answer = stranger.post(kernel.base + "paste", data=form, timeout=30, allow_redirects=False)

    assert answer.status_code == 403
    assert kernel.result().status_code == 204


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "That is not the address your browser ended on"),
        ("hello", "That is not the address your browser ended on"),
        (
            "https://login.procore.com/oauth/authorize?state=s&client_id=c",
            "That is not the address your browser ended on",
        ),
        ("http://localhost/?code=c&state=" + "A" * 43, UNKNOWN),
        ("http://localhost/?code=c", UNKNOWN),
        (
            "http://localhost/?code=c&state=" + "s" * 9000,
            "This is not an address that Procore sends people to.",
        ),
        ("\ud83d?code=\u0000&state=é", UNKNOWN),
        ("http://localhost/?code=é&state=s", "This is not an address that Procore sends people to."),
    ],
)
def test_a_wrong_paste_shows_the_form_again_and_what_is_wrong(
    server: JupyterServerProcess, person: requests.Session, address: str, said: str
) -> None:
    data = {"_xsrf": person.cookies["_xsrf"], "address": address.encode(errors="replace")}

    answer = person.post(server.url + "procore-jupyter/paste", data=data, timeout=30)

    assert answer.status_code == 400
    assert sentence(answer).startswith(said)
    assert "<form" in answer.text
    check_page(answer, "same-origin")


def test_the_default_server_of_a_hub_passes_a_named_server_s_answer_on(
    hub_server: JupyterServerProcess,
) -> None:
    named = Kernel(hub_server, name="gpu 2")

    answer = named.callback(code="a/b+c")

    assert answer.status_code == 302
    target = f"/user/dana/gpu%202/procore-jupyter/callback?state={named.ticket.state}&code=a%2Fb%2Bc"
    assert answer.headers["Location"] == target


def test_an_answer_that_this_server_waits_for_itself_is_not_passed_on(
    hub_server: JupyterServerProcess,
) -> None:
    kernel = Kernel(hub_server, name="gpu")
    kernel.open()

    assert kernel.callback(code=CODE).status_code == 200
    assert kernel.result().json()["code"] == CODE


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "~2E~2E",
        "a/b",
        "a~2Fb",
        "a~5Cb",
        "a\\b",
        "~00",
        "~0D~0Ax",
        "/evil.test",
        "//evil.test",
        "a?b",
        "a#b",
        "~zz",
        "~",
        "é",
        "x" * 201,
    ],
)
def test_a_name_that_is_no_single_step_of_a_path_is_not_followed(
    hub_server: JupyterServerProcess, name: str
) -> None:
    kernel = Kernel(hub_server)

    answer = kernel.callback(code=CODE, state=f"{kernel.ticket.state}.{name}")

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_outside_a_hub_nothing_is_passed_on(server: JupyterServerProcess) -> None:
    assert Kernel(server, name="gpu").callback(code=CODE).status_code == 400


def test_the_owner_s_file_goes_with_the_server_and_a_killed_one_s_with_the_next(tmp_path: Path) -> None:
    with JupyterServerProcess(tmp_path, token="", password="x") as first:
        file = first.runtime_folder / owner_file_name(first.process.pid)
        assert file.exists()
    assert not file.exists()

    killed = tmp_path / "runtime" / owner_file_name(first.process.pid)  # a number that nobody has now
    killed.write_bytes(bytes(32))
    with JupyterServerProcess(tmp_path, token=""):
        assert not killed.exists()


def test_no_log_at_debug_holds_a_code_a_state_a_ticket_or_a_proof(
    server: JupyterServerProcess, password_server: JupyterServerProcess
) -> None:
    for process in (server, password_server):
        path = process.runtime_folder / owner_file_name(process.process.pid)
        proof = to_text(path.read_bytes()) if path.exists() else process.token
        kernel = Kernel(process, proof)
        state = kernel.ticket.state
        assert kernel.open(json={"authorize_url": f"https://x.test/?state={state}"}).status_code == 201
        kernel.open(data=f'{{"authorize_url": "https://x.test/?state={state}"'.encode())
        base = kernel.base
        leaky = {"Referer": f"https://login.procore.com/?code={CODE}&state={state}"}
        for query in (
            f"code={CODE}&state={state}&token=%ff",
            f"code={CODE}&state={state}",
            f"code={CODE}&state={state}",
            f"%63ode={CODE}&%73tate={state}",
            f"x={CODE}{state}",
        ):
            requests.get(f"{base}callback?{query}", headers=leaky, timeout=30)
            requests.get(f"{base}callback?{query}", headers={**leaky, "Host": "evil.example"}, timeout=30)
            requests.put(f"{base}callback?{query}", headers=leaky, timeout=30)
        kernel.result()
        kernel.result("x")
        kernel.close()
        kernel.close()

        log = process.log()
        for secret in (CODE, state, kernel.ticket.header, proof):
            assert secret not in log.replace(f"?token={process.token}", ""), secret
        assert "Uncaught exception" not in log.replace("Uncaught exception in _decode_xsrf_token", "")
