"""The words and the HTML of the panel and of the card."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from procore_jupyter.connection.status import Status
from procore_jupyter.login.flow import LoginFlow
from procore_jupyter.login.paste import PasteReceiver
from procore_jupyter.notebook.panels import panel_html, status_card
from procore_jupyter.oauth.authorization import AuthorizationRequest

NASTY = "</span><script>alert(1)</script>'\"&`x`"


def flow(
    place: str = "Procore · production", redirect_uri: str = "http://localhost:8888/procore-jupyter/callback"
) -> LoginFlow:
    request = AuthorizationRequest.create(
        authorize_url="https://login.procore.com/oauth/authorize",
        client_id="an-id",
        redirect_uri=redirect_uri,
        state="the-state-of-this-sign-in",
    )
    return LoginFlow(request, [PasteReceiver()], lambda _: None, place=place, clock=lambda: 1000.0)


class Parts(HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def inside(name: str, text: str) -> list[str]:
    """Return the texts of the elements inside the one element of a class."""
    around = ElementTree.fromstring(f"<all>{text}</all>")  # what we draw is well-formed
    (one,) = [element for element in around.iter() if element.get("class") == name]
    return ["".join(child.itertext()) for child in one]


STATUS = Status(
    place="Procore · production",
    api_host="api.procore.com",
    login_host="login.procore.com",
    state="signed in",
    user="Dana Reyes",
    companies=((1234, "Skyline Builders"),),
    company=(1234, "Skyline Builders"),
    token_expires_in=5000.0,
    renews=True,
)


def test_the_link_opens_a_new_tab_and_says_where_it_leads() -> None:
    drawn = Parts(panel_html.heading(flow()))
    (link,) = [attributes for tag, attributes in drawn.tags if tag == "a"]
    assert link["href"] is not None and link["href"].startswith("https://login.procore.com/oauth/authorize?")
    assert (link["target"], link["rel"]) == ("_blank", "noopener")
    assert link["class"] == "procore-act"
    assert "Sign in to Procore\xa0↗" in drawn.words
    assert "opens login.procore.com in a new tab" in drawn.words
    assert "Procore · production" in drawn.words


def test_the_countdown_counts_in_minutes_and_seconds() -> None:
    one = flow()
    (live, silent) = inside("procore-kept-up", panel_html.waiting(one))
    assert live == "Waiting for your sign-in … 5:00"
    assert silent.startswith("This notebook's kernel doesn't respond.")


def test_the_redirect_uri_stands_there_to_the_letter() -> None:
    uri = "http://localhost:8888/a&b/procore-jupyter/callback?x=1"
    drawn = Parts(panel_html.help_text(flow(redirect_uri=uri)))
    assert f"Register exactly this one in the Developer Portal\xa0↗:{uri}Copy" in drawn.words
    assert "https://developers.procore.com" in [there.get("href") for _, there in drawn.tags]


def test_the_copy_button_runs_the_same_script_whatever_stands_beside_it() -> None:
    scripts = set()
    for text in ("http://localhost", NASTY, "');alert(1);('", '" onclick="alert(1)'):
        drawn = Parts(panel_html.to_copy(text))
        assert [tag for tag, _ in drawn.tags] == ["code", "button"] and drawn.words == f"{text}Copy"
        scripts |= {
            value for _, there in drawn.tags for name, value in there.items() if name.startswith("on")
        }
    assert len(scripts) == 1


def test_only_the_copy_button_and_never_a_saved_output_holds_a_script() -> None:
    one = flow()
    for text in (
        panel_html.heading(one),
        panel_html.waiting(one),
        *panel_html.plain(one, "1", None).values(),
    ):
        assert not [name for _, there in Parts(text).tags for name in there if name.startswith("on")]


def test_without_an_address_of_ours_the_saved_output_says_how_to_print_the_link() -> None:
    drawn = panel_html.plain(flow(), "1", "site")
    for text in drawn.values():
        assert "print(site.login_flow)" in text
        assert "the-state" not in text and "an-id" not in text and "authorize" not in text


@pytest.mark.parametrize(
    "draw", [panel_html.heading, panel_html.waiting, panel_html.help_text, panel_html.disclosure]
)
def test_what_comes_from_elsewhere_is_escaped_in_the_panel(draw: object) -> None:
    assert callable(draw)
    assert "script" not in [tag for tag, _ in Parts(draw(flow(NASTY, f"http://localhost/{NASTY}"))).tags]
    assert "script" not in [
        tag for tag, _ in Parts(panel_html.plain(flow(NASTY), "1", None)["text/html"]).tags
    ]
    assert "script" not in [tag for tag, _ in Parts(panel_html.notes([NASTY]) + panel_html.said(NASTY)).tags]


def test_what_comes_from_elsewhere_is_escaped_in_the_card() -> None:
    nasty = replace(
        STATUS,
        place=NASTY,
        user=NASTY,
        company=(1, NASTY),
        problem=NASTY,
        notices=(NASTY,),
        kept_at=NASTY,
        login=NASTY,
    )
    several = replace(nasty, company=None, companies=((1, NASTY), (2, NASTY)))
    for status in (nasty, several, replace(nasty, state="not signed in"), replace(nasty, state="waiting")):
        for bundle in (
            status_card.card(status, notes=[NASTY]),
            status_card.details(status),
            status_card.message(NASTY, [NASTY]),
        ):
            tags = [tag for tag, _ in Parts(bundle["text/html"]).tags]
            assert set(tags) <= {"div", "span", "code"}


def test_only_http_links_are_links() -> None:
    assert "<a" not in panel_html._link("javascript:alert(1)", "x")


def test_the_card_reads_as_its_text_does() -> None:
    drawn = status_card.card(STATUS, name="site")
    words = " ".join(Parts(drawn["text/html"]).words.split())
    assert (
        drawn["text/plain"]
        == "✓ Procore · production   Dana Reyes · Skyline Builders (1234)   Signed in, renews automatically. Use `site`."
    )
    for part in (
        "✓ Procore · production",
        "Dana Reyes · Skyline Builders (1234)",
        "Signed in, renews automatically. Use site.",
    ):
        assert part in words


def test_several_companies_are_listed_with_the_line_to_run() -> None:
    many = replace(
        STATUS, company=None, companies=tuple((number, f"Company {number}") for number in range(1, 31))
    )
    drawn = status_card.card(many, name="site")
    words = Parts(drawn["text/html"]).words
    assert "Choose one of your 30 companies:" in words and 'site.use(company="Company 1")' in words
    assert "1 Company 1 · 2 Company 2" in words
    assert "and 20 more: site.companies()" in words
    assert "Use site" not in words


def test_notes_that_the_status_has_already_are_not_said_twice() -> None:
    drawn = status_card.card(replace(STATUS, notices=("Once.",)), notes=["Once.", "Twice."])
    assert drawn["text/html"].count("Once.") == 1
    assert drawn["text/plain"].count("Once.") == 1 and drawn["text/plain"].count("Twice.") == 1


def test_details_show_what_is_known() -> None:
    drawn = status_card.details(
        replace(STATUS, rate_limit=(3480, 3600), kept_at="/home/dana/tokens.json", account="two")
    )
    for text in (Parts(drawn["text/html"]).words, drawn["text/plain"]):
        for part in (
            "login.procore.com",
            "api.procore.com",
            "3,480 of 3,600",
            "/home/dana/tokens.json",
            "two",
            "then renews automatically",
        ):
            assert part in text
