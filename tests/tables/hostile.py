"""Texts that try to be more than text, and what a page is made of in the end."""

from __future__ import annotations

import html.parser

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"><svg onload=x>",
    "</table></div><h1>",
    "&lt;b&gt;",
    "\u202eevil\u202c",
    "\u2066isolated\u2069",
    "a\x1b[31mred",
    "\x1b]8;;http://evil.test\x07link\x1b]8;;\x07",
    "line\nbreak\rreturn",
    "\x00nul",
    "\u2028separator",
)

ALLOWED = {
    "div",
    "style",
    "details",
    "summary",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "@class",
    "@style",
    "@title",
    "@scope",
    "@role",
    "@tabindex",
    "@aria-label",
    "@aria-hidden",
}
"""Elements and attributes that a drawn table is made of."""


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.texts: list[str] = []
        self.styles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"@{name}" for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        # The parser takes all up to the end of a style element for one text, as a browser does.
        (self.styles if self.cdata_elem == "style" else self.texts).append(data)


def elements(page: str) -> set[str]:
    """Return a page's elements and attributes."""
    tags = _Tags()
    tags.feed(page)
    return tags.found


def texts(page: str) -> list[str]:
    """Return a page's texts, as a reader sees them."""
    tags = _Tags()
    tags.feed(page)
    return tags.texts


def styles(page: str) -> str:
    """Return a page's own rules for how it looks."""
    tags = _Tags()
    tags.feed(page)
    return "".join(tags.styles)
