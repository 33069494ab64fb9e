"""What is accepted as a response of Procore's, as one table; and the pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.escape import parse_qs_bytes

from procore_jupyter.server import pages
from procore_jupyter.server.callback import (
    NOT_PROCORES,
    NOT_STARTED_HERE,
    CallbackRefused,
    CallbackResponse,
    parse_query,
)


def read(query: str) -> CallbackResponse:
    return parse_query(parse_qs_bytes(query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("code=c&state=s", CallbackResponse("s", code="c")),
        ("state=s&code=a%2Fb%3D", CallbackResponse("s", code="a/b=")),
        ("code=c&state=s&scope=x&scope=y", CallbackResponse("s", code="c")),
        ("code=c&state=s&error=", CallbackResponse("s", code="c")),
        ("error=access_denied&state=s", CallbackResponse("s", error="access_denied")),
        (
            "error=e&error_description=It+broke.&state=s",
            CallbackResponse("s", error="e", error_description="It broke."),
        ),
        (
            "error=e&error_description=two%0D%0Alines%1b[31m&state=s",
            CallbackResponse("s", error="e", error_description="two lines [31m"),
        ),
        ("code=" + "c" * 2000 + "&state=" + "s" * 400, CallbackResponse("s" * 400, code="c" * 2000)),
    ],
)
def test_what_procore_sends_is_read(query: str, answer: CallbackResponse) -> None:
    assert read(query) == answer


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", NOT_STARTED_HERE),
        ("code=c", NOT_STARTED_HERE),
        ("code=c&state=", NOT_STARTED_HERE),
        ("state=s", NOT_PROCORES),
        ("code=&state=s", NOT_PROCORES),
        ("code=c&error=e&state=s", NOT_PROCORES),
        ("code=c&code=c&state=s", NOT_PROCORES),
        ("code=c&state=s&state=s", NOT_PROCORES),
        ("error=e&error=e&state=s", NOT_PROCORES),
        ("error=e&error_description=d&error_description=d&state=s", NOT_PROCORES),
        ("code=" + "c" * 2001 + "&state=s", NOT_PROCORES),
        ("code=c&state=" + "s" * 401, NOT_PROCORES),
        ("error=" + "e" * 101 + "&state=s", NOT_PROCORES),
        ("code=%ff%fe&state=s", NOT_PROCORES),
        ("code=c&state=%ff", NOT_PROCORES),
        ("code=c%00&state=s", NOT_PROCORES),
        ("code=c%0a&state=s", NOT_PROCORES),
        ("code=%C3%A9&state=s", NOT_PROCORES),
    ],
)
def test_anything_else_is_refused_with_what_to_do(query: str, sentence: str) -> None:
    with pytest.raises(CallbackRefused) as refusal:
        read(query)

    assert refusal.value.sentence == sentence
    assert "run %procore_connect again" in sentence


@given(
    st.dictionaries(
        st.sampled_from(["code", "state", "error", "error_description", "x"]),
        st.lists(st.binary(max_size=50), max_size=3),
    )
)
def test_no_query_breaks_it(query: dict[str, list[bytes]]) -> None:
    try:
        answer = parse_query(query)
    except CallbackRefused:
        return
    assert (answer.code is None) != (answer.error is None)
    assert answer.state
    assert "\n" not in (answer.error_description or "")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(
    st.text(max_size=60)
    | st.sampled_from(["</h1><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp;<b>"])
)
def test_nothing_that_is_said_becomes_html(sentence: str) -> None:
    plain, said = Reader(), Reader()
    plain.feed(pages.outcome_page("x", "failed"))

    said.feed(pages.outcome_page(sentence, "failed"))

    assert said.tags == plain.tags
    if "\r" not in sentence:
        assert sentence in said.text


def test_the_policy_lets_exactly_the_style_and_the_script_of_the_pages_run() -> None:
    import base64
    import hashlib

    page = pages.outcome_page("x", "received")
    for tag in ("style", "script"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in pages.CONTENT_SECURITY_POLICY
    assert "style=" not in page
    assert not re.search(r"\son\w+=", page)
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in pages.CONTENT_SECURITY_POLICY


def test_the_script_tells_how_it_went_and_nothing_else() -> None:
    page = pages.outcome_page("x", "denied")

    assert 'data-status="denied"' in page
    assert re.findall(r"postMessage\((.*?)\)", page) == [
        "{ status: document.documentElement.dataset.status }"
    ]


def test_a_page_that_only_tells_has_no_script() -> None:
    assert "<script" not in pages.message_page("x") + pages.paste_page("")


def test_every_word_of_a_page_is_there_without_scripts() -> None:
    reader = Reader()
    reader.feed(
        pages.outcome_page("Signed in to Procore. You can close this tab.", "received").partition("<script")[
            0
        ]
    )

    assert "Signed in to Procore. You can close this tab." in reader.text


def test_the_form_asks_for_the_address_with_a_label() -> None:
    page = pages.paste_page('<input type="hidden" name="_xsrf" value="v"/>', "<b>")

    assert '<label for="address">' in page
    assert 'id="address" name="address"' in page
    assert 'name="_xsrf"' in page
    assert "&lt;b&gt;" in page
