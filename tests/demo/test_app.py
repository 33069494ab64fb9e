"""The server itself: start and stop, its record, faults on demand, and the file that tells where it is."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import time
from pathlib import Path

import pytest
import requests

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.oauth_messages import OOB
from procore_jupyter.demo.parameters import DemoParameters
from procore_jupyter.files import private
from tests.demo.apps import App, Clock


def test_it_starts_and_stops_again_and_again_on_the_same_port() -> None:
    demo = DemoProcore()
    demo.stop()
    for _ in range(3):
        demo.start()
        assert demo.running
        assert requests.get(demo.url, timeout=20).status_code == 200
        with pytest.raises(RuntimeError):
            demo.start()
        demo.stop()
        demo.stop()
        assert not demo.running
        with pytest.raises(requests.ConnectionError):
            requests.get(demo.url, timeout=20)


def test_a_taken_port_is_the_callers_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = DemoProcore(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            demo.start()
        demo.stop()


def test_it_listens_on_the_loopback_interface_alone(demo: DemoProcore) -> None:
    assert demo.url.startswith("http://127.0.0.1:")
    port = int(demo.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.2", port)):  # not taken by a server on all addresses
        pass


def test_a_name_that_was_made_to_point_here_is_refused(demo: DemoProcore) -> None:
    answer = requests.get(demo.url, headers={"Host": "evil.example"}, timeout=20)
    assert answer.status_code == 403
    assert requests.get(demo.url, headers={"Host": "localhost:80"}, timeout=20).status_code == 200


def test_credentials_are_new_with_every_demo() -> None:
    one, other = DemoProcore(), DemoProcore()
    assert one.client_id != other.client_id
    assert one.client_secret != other.client_secret


def test_it_stops_while_a_slow_answer_is_under_way(demo: DemoProcore) -> None:
    demo.parameters = DemoParameters(answer_delay=3600)
    with socket.create_connection(("127.0.0.1", int(demo.url.rpartition(":")[2])), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not demo.requests:
            time.sleep(0.01)
        demo.stop()
        assert client.recv(1) == b""


# The record


def test_requests_are_recorded_in_order_with_what_they_held(app: App) -> None:
    app.service_account()
    app.get("/rest/v1.0/me?a=1&a=2", "forged", company=1234)
    requests.post(f"{app.demo.url}/oauth/token", json={"grant_type": "x", "n": 1}, timeout=20)
    first, second, third = app.demo.requests
    assert (first.method, first.path, first.status) == ("POST", "/oauth/token", 200)
    assert first.form["client_secret"] == app.client_secret
    assert (second.path, second.query, second.status) == ("/rest/v1.0/me", {"a": "2"}, 401)
    assert second.headers["procore-company-id"] == "1234"
    assert third.form == {"grant_type": "x", "n": "1"}


def test_neither_the_record_nor_any_log_shows_a_secret(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tornado"):
        token = app.signed_in()
        app.get("/rest/v1.0/me", token["access_token"])
        app.get("/rest/v1.0/me", "forged-token")
        app.exchange("forged-code")
        code = app.code(redirect_uri=OOB)
        requests.get(f"{app.demo.url}/oauth/authorize/native?code={code}", timeout=20)
    secrets = [
        code,
        token["access_token"],
        token["refresh_token"],
        app.client_secret,
        "forged-token",
        "forged-code",
    ]
    shown = repr(app.demo.requests) + repr(app.demo.oauth) + caplog.text
    shown += repr(app.demo.oauth.authenticate(token["access_token"]))
    assert not [secret for secret in secrets if secret in shown]


# Faults


def test_the_next_answer_can_be_replaced_once(app: App) -> None:
    app.demo.answer_next("/oauth/token", status=503, body={"a": "b"}, headers={"Retry-After": "7"})
    answer = app.service_account()
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, {"a": "b"}, "7")
    assert app.demo.requests[-1].status == 503
    assert app.service_account().status_code == 200


def test_a_replaced_answer_means_that_nothing_happened(app: App) -> None:
    token = app.signed_in()
    app.demo.answer_next("/oauth/token", status=500, body="<h1>oops</h1>")
    assert app.refresh(token["refresh_token"]).text == "<h1>oops</h1>"
    app.demo.answer_next("/oauth/token", drop=True)
    with pytest.raises(requests.ConnectionError):
        app.refresh(token["refresh_token"])
    assert app.refresh(token["refresh_token"]).status_code == 200


@pytest.mark.parametrize("delay", [0.0, 0.05])
@pytest.mark.parametrize("drop", [True, False])
def test_an_answer_can_get_lost_after_the_request_took_effect(app: App, drop: bool, delay: float) -> None:
    token = app.signed_in()
    app.demo.answer_next("/oauth/token", status=502, drop=drop, effect=True, delay=delay)
    if drop:
        with pytest.raises(requests.ConnectionError):
            app.refresh(token["refresh_token"])
    else:
        assert app.refresh(token["refresh_token"]).status_code == 502
    assert app.refresh(token["refresh_token"]).status_code == 400


def test_an_api_refusal_can_get_lost_too(app: App, caplog: pytest.LogCaptureFixture) -> None:
    app.demo.answer_next("/rest/*", drop=True, effect=True)
    with pytest.raises(requests.ConnectionError):
        app.get("/rest/v1.0/me", "forged")
    app.demo.answer_next("/rest/*", status=504, effect=True)
    assert app.get("/rest/v1.0/me", "forged").status_code == 504
    assert app.get("/rest/v1.0/me", "forged").status_code == 401
    assert caplog.records == []  # nothing went on with the request that was refused


def test_faults_wait_for_their_path_method_and_number(app: App) -> None:
    app.demo.answer_next("/oauth/*", method="GET", status=500, times=2)
    assert app.service_account().status_code == 200
    assert [app.info("x").status_code for _ in range(3)] == [500, 500, 401]


def test_an_answer_that_takes_too_long_can_be_given_up(app: App) -> None:
    app.demo.answer_next("/oauth/token/info", delay=3600)
    with pytest.raises(requests.Timeout):
        requests.get(f"{app.demo.url}/oauth/token/info", timeout=0.05)
    assert app.info("x").status_code == 401


def test_a_delayed_answer_is_the_real_one(app: App) -> None:
    app.demo.parameters = DemoParameters(answer_delay=0.01, answer_delays={"/oauth/*": 0.01})
    app.demo.answer_next("/oauth/token", delay=0.01)
    app.demo.answer_next("/oauth/token", delay=0.01, effect=True)
    assert [app.service_account().status_code for _ in range(3)] == [200, 200, 200]


def test_lifetimes_are_parameters(app: App, clock: Clock) -> None:
    app.demo.parameters = DemoParameters(token_lifetime=7, code_lifetime=3)
    code = app.code()
    clock.now += 3.5
    assert app.exchange(code).status_code == 400
    token = app.signed_in()
    assert int(token["expires_in"]) == 7
    clock.now += 7
    assert app.info(token["access_token"]).status_code == 200
    clock.now += 0.5
    assert app.info(token["access_token"]).status_code == 401


# The address file


def test_the_address_file_tells_where_it_is_to_this_user_alone(demo: DemoProcore) -> None:
    path = demo.write_address()
    assert path == private.runtime_folder() / "demo.json"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "url": demo.url,
        "client_id": demo.client_id,
        "client_secret": demo.client_secret,
        "redirect_uris": ["http://localhost", "urn:ietf:wg:oauth:2.0:oob"],
        "pid": os.getpid(),
    }
    demo.remove_address()
    assert not path.exists()
    demo.remove_address()


def test_the_newest_demo_wins_and_each_removes_only_its_own(demo: DemoProcore, tmp_path: Path) -> None:
    path = tmp_path / "private" / "demo.json"
    demo.write_address(path)
    with DemoProcore() as newer:
        newer.write_address(path)
        demo.remove_address()
        assert json.loads(path.read_text())["url"] == newer.url
        newer.remove_address()
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_somebody_elses_address_file_is_left_alone(demo: DemoProcore, tmp_path: Path, content: str) -> None:
    path = demo.write_address(tmp_path / "private" / "demo.json")
    path.write_text(content)
    demo.remove_address()
    assert path.read_text() == content
