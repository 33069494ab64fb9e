"""People who use a browser, played over plain HTTP: for tests that are about the protocol, not the page.

The real browser is driven in ``tests/browser``.
"""

from __future__ import annotations

import html.parser
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

from procore_jupyter.demo.data import PEOPLE


@dataclass
class Form:
    """A form of a page: where it goes, what it holds, and its buttons (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(have.get("action", ""), have.get("method", "get").lower()))
        elif not self.forms or "name" not in have:
            return
        elif tag == "button" or (tag == "input" and have.get("type") == "submit"):
            self.forms[-1].buttons.append((have["name"], have.get("value", "")))
        elif tag == "input" and (have.get("type") != "radio" or "checked" in have):
            self.forms[-1].fields[have["name"]] = have.get("value", "")


def forms_of(page: str) -> list[Form]:
    """Return the forms of an HTML page."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms


def new_browser() -> requests.Session:
    """Return a browser without cookies, that heeds nothing of the environment."""
    browser = requests.Session()
    browser.trust_env = False
    return browser


def sign_in_at(
    authorize_url: str,
    *,
    allow: bool = True,
    person: str | None = None,
    browser: requests.Session | None = None,
) -> str:
    """Open the link, log in, allow or deny; return the address that the provider sends the browser to.

    The last hop (to the notebook's callback) is returned and not followed. For the oob URN, and for a
    page without a form (a refused request), it is the address of the last page.

    Parameters
    ----------
    authorize_url : str
        The link.
    allow : bool
        Whether Allow or Deny is pressed.
    person : str, optional
        The name of the demo's person to log in as; by default the one that the page has chosen.
    browser : requests.Session, optional
        A browser with cookies of its own, to come back with.
    """
    if browser is None:
        with new_browser() as browser:
            return sign_in_at(authorize_url, allow=allow, person=person, browser=browser)
    provider = authorize_url.split("/oauth/", 1)[0]
    answer = browser.get(authorize_url, allow_redirects=False, timeout=20)
    for _ in range(10):
        if answer.is_redirect:
            target = urljoin(answer.url, answer.headers["Location"])
            if not target.startswith(provider + "/"):
                return target
            answer = browser.get(target, allow_redirects=False, timeout=20)
            continue
        forms = forms_of(answer.text)
        if not forms:
            return answer.url
        form = forms[0]
        data = dict(form.fields)
        if person is not None and "person" in data:
            data["person"] = next(str(one.id) for one in PEOPLE.values() if one.name == person)
        wanted = ("log in", "allow" if allow else "deny")
        data |= [(name, value) for name, value in form.buttons if value.lower() in wanted]
        answer = browser.request(
            form.method, urljoin(answer.url, form.action), data=data, allow_redirects=False, timeout=20
        )
    raise AssertionError("the provider sent the browser in circles")
