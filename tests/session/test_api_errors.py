"""Every shape of an error answer becomes one line that says what happened and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.session import api_errors, error_body
from procore_jupyter.session.api_errors import NotFound, PermissionDenied, ProcoreAPIError, RateLimited


def response(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, company: str | None = None
) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.headers.update(headers or {})
    made.url = "https://api.procore.com/rest/v1.0/projects/7/rfis?token=secret-in-a-query"
    made.request = requests.Request(
        "GET",
        made.url,
        headers={"Authorization": "Bearer ***"} | ({"Procore-Company-Id": company} if company else {}),
    ).prepare()
    return made


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errors": "Company not found"}, "Company not found"),
        ({"errors": ["App is not connected to this company."]}, "App is not connected to this company."),
        (
            {"errors": {"name": ["can't be blank", "is too short"], "base": ["No."]}},
            "name: can't be blank; name: is too short; No.",
        ),
        ({"errors": {"address": {"zip": ["is wrong"]}}}, "zip: is wrong"),
        ({"error": "Bad Request", "reason": "company_id is missing"}, "Bad Request; company_id is missing"),
        (
            {
                "error": {
                    "code": "BAD_REQUEST",
                    "message": "Not so.",
                    "details": [{"code": "X", "message": "page: no", "source": "page"}],
                }
            },
            "Not so.; page: no",
        ),
        (
            {
                "error": {
                    "code": "BAD_REQUEST",
                    "message": "Same",
                    "details": [{"reason_code": "X", "message": "Same", "source": {}}],
                }
            },
            "Same",
        ),
        ({"message": "Not Found", "exception": "RoutingError"}, "Not Found"),
        (
            {"error": "invalid_token", "error_description": "The access token expired"},
            "The access token expired",
        ),
        ({"entities": [], "errors": [{"id": 1, "errors": {"name": ["taken"]}}]}, "name: taken"),
        (["first", {"message": "second"}], "first; second"),
        ("just text", "just text"),
        (b"plain text\nof two lines", "plain text of two lines"),
        (
            b"<html><head><title>503 Service &amp; Unavailable</title><script>x()</script></head><body>b</body></html>",
            "503 Service & Unavailable",
        ),
        (b"<html><style>a{}</style><body><p>Only a <b>body</b></p></body></html>", "Only a body"),
        (b"<h1 class='x'>Forbidden</h1>", "Forbidden"),
        (b"", ""),
        (b"null", ""),
        (b"[]", ""),
        (b"{}", ""),
        (b'{"errors": {}}', ""),
        (b"{broken", "{broken"),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
    ],
)
def test_what_an_error_says_is_found_in_every_shape(body: Any, said: str) -> None:
    assert error_body.said_by(response(400, body)) == said


@pytest.mark.parametrize(
    ("status", "kind", "body", "must_say"),
    [
        (400, ProcoreAPIError, {"errors": "no"}, "Check what was sent to GET /rest/v1.0/projects/7/rfis"),
        (400, ProcoreAPIError, {"message": "Missing Procore-Company-Id header! …"}, "procore.use(company=…)"),
        (
            401,
            ProcoreAPIError,
            {"errors": "The access token is invalid"},
            "Either it has expired: connect again to sign in; or the app isn't installed in this company",
        ),
        (
            403,
            PermissionDenied,
            {"errors": ["App is not connected to this company."]},
            "App Management > Install App",
        ),
        (403, PermissionDenied, {"errors": "forbidden"}, "Ask an admin of the project or the company"),
        (404, NotFound, b"", "Procore doesn't say which"),
        (408, ProcoreAPIError, b"", "add filters"),
        (429, RateLimited, {"errors": "limit"}, "MaxWait"),
        (500, ProcoreAPIError, b"<html><title>We're sorry</title></html>", "We're sorry"),
        (503, ProcoreAPIError, b"", "try again in a few minutes"),
    ],
)
def test_each_status_says_what_to_do(
    status: int, kind: type[ProcoreAPIError], body: Any, must_say: str
) -> None:
    with pytest.raises(ProcoreAPIError) as caught:
        api_errors.raise_for_status(response(status, body, {"X-Request-Id": "abc-123"}))
    assert type(caught.value) is kind
    assert must_say in str(caught.value)
    assert caught.value.status == status
    assert caught.value.request_id == "abc-123"
    assert str(caught.value).endswith(f"(HTTP {status}, request abc-123)")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_what_is_no_error_raises_nothing(status: int) -> None:
    api_errors.raise_for_status(response(status, {"errors": "sync answers carry this"}))


def test_a_404_names_the_chosen_company_or_that_there_is_none() -> None:
    assert "(company 4711)" in str(api_errors.error_from(response(404, company="4711")))
    assert "no company is chosen" in str(api_errors.error_from(response(404)))


def test_a_429_tells_how_long_to_wait() -> None:
    error = api_errors.error_from(response(429, b"", {"Retry-After": "42"}))
    assert isinstance(error, RateLimited) and error.retry_after == 42
    assert "in 42 s" in str(error)
    error = api_errors.error_from(
        response(429, b"", {"X-Rate-Limit-Reset": "1800000060"}), now=1_800_000_000.0
    )
    assert isinstance(error, RateLimited) and error.retry_after == 60
    error = api_errors.error_from(response(429))
    assert isinstance(error, RateLimited) and error.retry_after == 10


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abc.def-123",
        "bearer x1y2z3",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzUxMiJ9.e30.c2ln",
        "A1b2C3d4" * 6,
        "0123456789abcdef" * 4,
    ],
)
def test_what_looks_like_a_token_is_not_repeated(secret: str) -> None:
    for body in ({"errors": f"The token {secret} is bad"}, f"<title>token {secret}</title>".encode()):
        message = str(api_errors.error_from(response(400, body)))
        assert secret.split()[-1] not in message
        assert "***" in message
    assert secret.split()[-1] not in str(api_errors.error_from(response(404, b"", {"X-Request-Id": secret})))


def test_a_query_is_not_repeated() -> None:
    assert "secret-in-a-query" not in str(api_errors.error_from(response(404)))
    assert "secret-in-a-query" not in str(api_errors.unusable(response(200), "a list"))


def test_a_long_error_is_cut_and_a_huge_one_costs_little() -> None:
    assert len(error_body.said_by(response(400, {"errors": ["word " * 400] * 50}))) <= error_body.LONGEST
    assert len(error_body.said_by(response(400, b"<" * 5_000_000))) <= error_body.LONGEST
    assert len(error_body.said_by(response(400, b"[" * 100_000))) <= error_body.LONGEST
    deep: Any = "end"
    for _ in range(300):
        deep = {"errors": [deep]}
    assert error_body.said_by(response(400, deep)) == ""


NAMES = st.sampled_from(["errors", "error", "message", "details", "base", "x"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=settings().max_examples // 4)
@given(st.binary(max_size=100) | JSON.map(lambda found: json.dumps(found).encode()))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    said = error_body.said_by(response(500, body))
    assert len(said) <= error_body.LONGEST
    assert said.isprintable()
    assert str(api_errors.error_from(response(403, body)))
