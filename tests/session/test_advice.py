"""What to do about an error of a host to which no sign-in went along: a storage, an API elsewhere, a proxy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.session.api_errors import ProcoreAPIError, raise_for_status
from procore_jupyter.session.downloads import download
from procore_jupyter.session.refreshing import RefreshingSession
from tests.session.conftest import Answer, Server

SIGNATURE = "X-Amz-Expires=300&X-Amz-Signature=4bd1c7"
XML = "<?xml version='1.0' encoding='UTF-8'?>"

EXPIRED = [
    Answer(403, f"{XML}<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026-11-29</Expires></Error>".encode()),
    Answer(400, f"{XML}<Error><Code>ExpiredToken</Code><Message>Invalid argument.</Message><Details>The provided token has expired.</Details></Error>".encode()),
    Answer(403, f"{XML}<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>".encode()),
    Answer(403, b'{"error": {"code": 403, "message": "Access denied."}}'),
    Answer(403, b"<html><title>Access denied</title></html>"),
    Answer(401, b""),
]  # fmt: skip
"""What storages say of an address whose time is over: S3, Google's, Azure's, a network of caches."""


def told(work: Callable[[], object]) -> str:
    with pytest.raises(ProcoreAPIError) as caught:
        work()
    said = str(caught.value)
    assert "switched off" not in said and "admin" not in said and "Connect again" not in said
    assert SIGNATURE not in said and "Procore gave" not in said and said.isprintable()
    return said


@pytest.mark.parametrize("answer", EXPIRED, ids=lambda answer: f"{answer.status} {answer.body[60:90]!r}")
def test_an_address_of_a_file_whose_time_is_over_is_told_as_such(
    answer: Answer, api: Server, session: RefreshingSession, servers: Callable[..., Server], tmp_path: Path
) -> None:
    storage = servers(lambda request: answer)
    file = f"{storage.url}/bucket/plan.pdf?{SIGNATURE}"
    said = told(lambda: download(session, file, tmp_path / "a"))
    assert "works only for a short time. Get the file's address from Procore again" in said
    api.answer = lambda request: Answer(302, headers={"Location": file})
    said = told(lambda: download(session, "/rest/v1.0/files/1", tmp_path / "a"))
    assert f"led to 127.0.0.1:{storage.port}" in said and "Run the same line again" in said


def test_a_storage_that_is_out_of_order_or_has_no_such_file_is_named(
    session: RefreshingSession, servers: Callable[..., Server], tmp_path: Path
) -> None:
    storage = servers()
    for status, words in ((404, "the file isn't there"), (503, "The problem is at 127.0.0.1"), (400, "Check what was sent to 127.0.0.1")):  # fmt: skip
        storage.answers(Answer(status))
        assert words in told(lambda: download(session, f"{storage.url}/plan.pdf?{SIGNATURE}", tmp_path / "a"))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_api_elsewhere_to_which_the_sign_in_does_not_go_is_told_as_such(
    status: int, api: Server, session: RefreshingSession, servers: Callable[..., Server]
) -> None:
    other = servers(lambda request: Answer(status, b'{"errors": "Unauthorized"}'))
    api.answer = lambda request: Answer(307, headers={"Location": f"{other.url}{request.path}"})
    said = told(lambda: raise_for_status(session.get("/rest/v1.0/me")))
    assert f"127.0.0.1:{api.port} led to 127.0.0.1:{other.port}" in said
    assert f"APIURL=https://127.0.0.1:{other.port};" in said
    assert other.arrived and "authorization" not in other.arrived[0].headers


def test_a_connection_without_a_sign_in_is_told_so(
    api: Server, make_session: Callable[..., RefreshingSession]
) -> None:
    api.answers(Answer(401))
    said = told(lambda: raise_for_status(make_session(tokens=None).get("/rest/v1.0/me")))
    assert "AuthScheme=NONE" in said and "APIURL" in said


def test_a_proxy_that_wants_a_sign_in_is_told_by_a_plain_request_too(
    api: Server, session: RefreshingSession
) -> None:
    api.answers(Answer(407))
    assert "ProxyUser and ProxyPassword" in told(lambda: raise_for_status(session.get("/rest/v1.0/me")))
