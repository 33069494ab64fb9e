"""What others wrote (names in Procore, a provider's error text, a pasted line) is text wherever it is drawn, never HTML."""

from __future__ import annotations

import html.parser

from hypothesis import given, settings
from hypothesis import strategies as st

from procore_jupyter.connection.status import Status
from procore_jupyter.notebook.panels import form_html, panel_html, status_card
from procore_jupyter.server import pages
from tests.hostile.counting import share, tried

BITS = st.sampled_from(
    ["<script>", "</script>", "<img src=x onerror=alert(1)>", "'", '"', ">", "<", "&", "&lt;", "`", "-->", "<!--", "</style>", "javascript:", "<svg/onload=x>"]
    + ["\x00", "\u202e", "\u2028", "\ud800", "{{", "}}", "${x}", "%0a", "\n", "\x1b[31m", "Ünïcode", "A" * 200, "</div></p>"]
)  # fmt: skip
TEXTS = st.lists(BITS | st.text(max_size=4), max_size=6).map("".join)


class _Shape(html.parser.HTMLParser):
    """The tags of a page, with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_comment(self, data: str) -> None:
        self.found.add(("!--", ()))


# All that our own drawings have, whatever is in them.
TAGS = {
    "div",
    "span",
    "a",
    "code",
    "pre",
    "p",
    "b",
    "strong",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "th",
    "tbody",
    "thead",
    "dl",
    "dt",
    "dd",
    "small",
    "br",
    "style",
}
PAGE_TAGS = {"html", "head", "meta", "title", "body", "main", "h1", "form", "label", "input", "textarea", "button", "script"} | TAGS  # fmt: skip


def check(page: str, tags: set[str] = TAGS) -> None:
    shape = _Shape(page)
    assert {tag for tag, _ in shape.found} <= tags, shape.found
    for tag, names in shape.found:
        assert not any(name.startswith("on") for name in names), (tag, names)
    for link in shape.links:
        assert not link.strip().lower().startswith(("javascript:", "data:", "vbscript:")), link


@settings(max_examples=share(4_000))
@given(TEXTS, TEXTS, TEXTS)
def test_a_card_draws_names_as_text(user: str, company: str, notice: str) -> None:
    tried("cards")
    for companies in (((1, company),), ((1, company), (2, user))):
        status = Status(
            place="Procore · production",
            api_host="api.procore.com",
            login_host="login.procore.com",
            state="signed in",
            user=user,
            login=notice,
            companies=companies,
            company=companies[0] if len(companies) == 1 else None,
            project=(3, notice),
            problem=notice,
            notices=(notice,),
        )
        spoken = status_card.message(user, [notice])
        for bundle in (status_card.card(status, notes=[notice]), status_card.details(status), spoken):
            check(str(bundle["text/html"]))
            # Names steer no terminal; notices are our own.
            assert "\x1b" not in str(bundle["text/plain"]) or "\x1b" in notice + user * (bundle is spoken)


@settings(max_examples=share(4_000))
@given(TEXTS)
def test_what_a_panel_or_a_page_says_is_text(text: str) -> None:
    tried("panels and pages")
    for drawn in (
        panel_html.said(text),
        panel_html.notes([text, text]),
        form_html.hint(text),
        form_html.wrong(text),
        form_html.wrong_all(text),
    ):
        check(drawn)
    for page in (
        pages.message_page(text),
        pages.outcome_page(text, "failed"),
        pages.paste_page("<input name=_xsrf value=x>", text),
    ):
        check(page, PAGE_TAGS)
        assert (
            page.count("<script") == pages.outcome_page("x", "failed").count("<script")
            or "<script" not in page
        )
