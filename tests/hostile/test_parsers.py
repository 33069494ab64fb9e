"""Every parser of what others wrote, fed with what nobody would write: no crash, no secret, no lie. `make soak`: over 50,000 cases."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.errors import ConfigurationError, ConnectionStringError, ProcoreError, TokenRequestError
from procore_jupyter.login.paste import PasteRefused, read_pasted
from procore_jupyter.login.ticket import Ticket, split_state
from procore_jupyter.notebook.redaction.cell_text import redact
from procore_jupyter.notebook.redaction.connection_text import redact_string
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_response import LARGEST_RESPONSE, EndpointResponse, error_code, read_token
from procore_jupyter.secret import Secret
from procore_jupyter.server.callback import CallbackRefused, parse_query
from procore_jupyter.session.error_body import said_by
from procore_jupyter.settings import connection_string, kinds, properties
from procore_jupyter.settings.resolve import resolve
from tests.hostile.counting import share, tried

SECRET = "zqS3cretzq-7w0rd"
EACH = 7_000  # cases of each parser in `make soak`; a tenth in `make test`
many = settings(max_examples=share(EACH))

NAMES = [one.name for one in properties.PROPERTIES]
BITS = st.sampled_from(
    [*NAMES, "OAuth Client Secret", "Oauthclientsecrt", "=", "==", ";", "'", '"', '""', "''", " ", "\n", "\r\n", "\t", "#", "\\", "{x}", "${X}"]
    + ["\u00a0", "\u200b", "\ufeff", "\x00", "\ud800", "ı", "İ", "ſ", "＝", "；", "%procore_connect", "%%procore_connect", "--name", "x"]
)  # fmt: skip


def shows_nothing(error: Exception, *secrets: str) -> None:
    """Check that an error's one line, its fields and what it is chained to hold no secret."""
    told = (
        [error, error.__cause__]
        if error.__suppress_context__
        else [error, error.__cause__, error.__context__]
    )
    drawn = "".join(f"{one}{one!r}{one.args}{vars(one)}" for one in told if one is not None)
    assert not any(secret in drawn for secret in (SECRET, *secrets)), drawn
    assert isinstance(error, ConnectionStringError) or "\n" not in str(error)


@many
@given(st.lists(BITS | st.text(max_size=6), max_size=12), st.booleans())
def test_a_connection_string_is_read_or_refused_and_no_secret_is_told(pieces: list[str], lines: bool) -> None:
    tried("connection strings")
    text = "".join(pieces)
    spot = random.Random(len(text)).randint(0, len(pieces))
    for given_text in (text, "".join([*pieces[:spot], f"OAuthClientSecret={SECRET};", *pieces[spot:]])):
        try:
            found = connection_string.parse(given_text, lines=lines)
            kinds.check(found)
        except (ConnectionStringError, ConfigurationError) as error:
            shows_nothing(error)
        else:
            assert SECRET not in repr(found)


@many
@given(
    st.dictionaries(st.sampled_from([one.name for one in properties.PROPERTIES if one.secret]), st.just(SECRET), min_size=1),
    st.dictionaries(st.sampled_from(NAMES), st.text(alphabet="aZ019:/.-_ @%{}$é", max_size=14), max_size=5),
    st.booleans(),
)  # fmt: skip
def test_settings_are_made_or_refused_and_no_secret_is_told(
    secrets: dict[str, str], others: dict[str, str], lines: bool
) -> None:
    tried("settings")
    text = ";".join(f'{name}="{value}"' for name, value in {**others, **secrets}.items())
    try:
        made = resolve(
            text,
            environ={"X": SECRET, "HTTPS_PROXY": f"http://u:{SECRET}@h:1"},
            names={"x": SECRET},
            lines=lines,
        )
    except ProcoreError as error:
        shows_nothing(error)
    else:
        assert SECRET not in f"{made!r}{made}{vars(made)!r}", text


@many
@given(
    st.lists(BITS | st.text(max_size=6), max_size=10),
    st.sampled_from(["%procore_connect ", "%%procore_connect\n", "%time %procore_connect ", "x = '", ""]),
)
def test_a_secret_that_the_parser_would_take_is_cut_out_of_the_history(
    pieces: list[str], before: str
) -> None:
    tried("cells")
    for name in ("OAuthClientSecret", "OAuthRefreshToken"):
        text = "".join(pieces).replace("%", "").replace("\\", "") + f";{name}={SECRET}"
        assert redact(redact(text)) == redact(text)
        assert text.count("\n") == redact(text).count("\n")
        if not before:
            continue
        in_lines = before.startswith("%%")
        try:
            found = connection_string.parse(text, lines=in_lines)
        except ConnectionStringError:
            continue
        if found.get(name) != SECRET:
            continue
        assert SECRET not in redact_string(text, lines=in_lines), text
        if before.startswith("%") and ("\n" not in text or in_lines):
            assert SECRET not in redact(before + text), before + text


STATE = Ticket.create().state
REQUEST = AuthorizationRequest(
    f"https://login.procore.com/oauth/authorize?state={STATE}",
    STATE,
    "http://localhost:8888/x",
    Secret("v" * 43),
)
QUERY_BITS = st.sampled_from(
    ["code", "state", "error", "error_description", "=", "&", ";", "?", "#", "%", "%00", "%26", "%3D", "+", "\n", STATE, quote(STATE), SECRET]
    + ["access_denied", "http://", "localhost:8888", "/oauth/authorize/", "next=", "response_type", "code_challenge", "é", "\ud800", "<script>"]
)  # fmt: skip

FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["code", "state", "error", "error_description", "next", "Code", "state "]),
        st.sampled_from([STATE, quote(STATE), STATE[:-1], STATE.lower(), SECRET, "", "access_denied", "x y"])
        | st.text(max_size=5),
    ),
    max_size=4,
).map(lambda fields: "&".join(f"{name}={value}" for name, value in fields))
ANSWERS = st.lists(QUERY_BITS | st.text(max_size=4), max_size=14).map("".join) | FIELDS
ADDRESSES = ANSWERS | st.tuples(
    st.sampled_from(
        [
            "http://localhost:8888/x?",
            "https://login.procore.com/oauth/authorize/native?",
            "?",
            "<http://a?",
            "localhost/x?",
        ]
    ),
    FIELDS,
).map("".join)


@many
@given(ADDRESSES)
def test_what_is_pasted_is_this_sign_ins_answer_or_refused_in_one_line(text: str) -> None:
    tried("pasted texts")
    try:
        answer = read_pasted(text, REQUEST)
    except PasteRefused as refused:
        shows_nothing(refused)
        return
    assert answer.state in (None, STATE)
    assert bool(answer.code) != bool(answer.error)
    assert SECRET not in repr(answer)


@many
@given(ANSWERS)
def test_a_callbacks_query_is_one_answer_or_none(query: str) -> None:
    tried("callback queries")
    answer = AuthorizationResponse.from_query(query)
    assert bool(answer.code) != bool(answer.error)
    fields = parse_qsl(query[:16_000], keep_blank_values=True)
    names = [name for name, _ in fields]
    if answer.code:
        assert names.count("code") == 1 and names.count("error") <= 1 and not dict(fields).get("error"), query
        assert names.count("state") <= 1 or answer.state is None
    raw = {
        name: [value.encode(errors="replace")]
        for name, _, value in (one.partition("=") for one in query.split("&"))
    }
    try:
        taken = parse_query(raw)
    except CallbackRefused as refusal:
        shows_nothing(refusal)
    else:
        assert bool(taken.code) != bool(taken.error)
        assert (
            not taken.code
            or len(taken.code) < 12
            or taken.code == taken.error_description
            or taken.code not in repr(taken)
        )


@many
@given(
    st.text(max_size=60)
    | st.text(alphabet=string.ascii_letters + "-_=+/. \n\x00", min_size=40, max_size=46)
    | st.binary(min_size=30, max_size=34).map(
        lambda raw: __import__("base64").urlsafe_b64encode(raw).decode()
    )
)
def test_tickets_and_states(text: str) -> None:
    tried("tickets and states")
    try:
        ticket = Ticket.from_header(text)
    except ValueError as error:
        shows_nothing(error, *([text] if len(text) > 25 else []))
    else:
        assert ticket.header == text
        assert len(ticket.key) == 43
    key, name = split_state(text)
    assert name == "" or f"{key}.{name}".replace("%", "~") == text.replace("%", "~")


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from([SECRET, "Bearer", "bearer", 1e400, -1, 0, 5400, "5400", 10**40]),
    _nested,
    max_leaves=5,
)  # fmt: skip
TOKEN_FIELDS = st.sampled_from(
    [
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "created_at",
        "scope",
        "error",
        "error_description",
    ]
)


@many
@given(
    st.dictionaries(TOKEN_FIELDS, VALUES).map(lambda found: json.dumps(found).encode(errors="surrogatepass"))
    | st.dictionaries(TOKEN_FIELDS, VALUES).map(
        lambda found: urlencode({k: str(v) for k, v in found.items()}, errors="replace").encode()
    )
    | st.binary(max_size=60)
    | st.sampled_from(
        [
            b"[" * 5000,
            b'{"a":' * 5000,
            b"1" * 5000,
            b"NaN",
            b"\xff\xfe{}",
            b"null",
            b'{"access_token": "a", "access_token": "b"}',
        ]
    )
)
def test_a_token_answer_is_a_whole_token_or_an_error_without_its_content(content: bytes) -> None:
    tried("token answers")
    assert len(content) <= LARGEST_RESPONSE
    answer = EndpointResponse(200, content)
    code = error_code(answer)
    assert SECRET not in code and len(code) <= 40 and (not code or code.replace("_", "").isalpha())
    found = read_token(answer, 1_000.0)
    if isinstance(found, TokenRequestError):
        assert SECRET not in f"{found}{found!r}{vars(found)!r}"
        assert "\n" not in str(found)
    elif found is not None:
        assert found.access_token or found.refresh_token
        assert found.access_token.reveal().isascii() and found.access_token.reveal().isprintable()
        assert found.expires_at is None or 1_000.0 <= found.expires_at < 1e10
        assert SECRET not in f"{found!r}"
        assert Token.from_json(json.loads(json.dumps(found.to_json()))) == found


class _Response(requests.Response):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.status_code, self._content = 500, content


@many
@given(
    st.binary(max_size=200)
    | VALUES.map(
        lambda found: json.dumps({"errors": found, "message": SECRET * 4}).encode(errors="surrogatepass")
    )
)
def test_an_api_errors_words_are_one_short_line(content: bytes) -> None:
    tried("API errors")
    said = said_by(_Response(content))
    assert len(said) <= 301 and said.isprintable()
    assert SECRET * 4 not in said


STORED: list[Callable[[Any], Any]] = [
    lambda value: value,
    lambda value: {"version": value},
    lambda value: {"version": 1, "tokens": value},
    lambda value: {"version": 1, "tokens": [{"login_host": "h", "client_id": "c", "account": "a", "token": value, "seeds": []}]},
]  # fmt: skip


@many
@given(VALUES, st.sampled_from(range(len(STORED))), st.integers(0, 120))
def test_a_token_files_content_is_read_or_known_to_be_damaged(value: Any, kind: int, cut: int) -> None:
    from procore_jupyter.files.document import Document
    from procore_jupyter.oauth.file_store import LISTS

    tried("token files")
    content = json.dumps(STORED[kind](value)).encode(errors="surrogatepass")
    for one in (content, content[: len(content) - cut]):
        document = Document.parse(one, LISTS)
        for entry in document.entries("tokens"):
            assert isinstance(Token.from_json(entry["token"]), Token)
        assert SECRET not in repr(document)


def test_at_least_so_many_cases_are_tried() -> None:
    """Nine parsers, each with `EACH` cases."""
    from tests.hostile.counting import TRIED

    assert len(TRIED) >= 9
    assert sum(TRIED.values()) >= share(50_000), TRIED
