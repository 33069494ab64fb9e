"""What others wrote steers nothing: names, fields, values, statuses, headers and errors of a server, wherever they are said.

One server writes the same hostile text into every place that an answer has. Whatever a person is then told or shown
(warnings, notes, errors, representations, drawings, files' names) is held to the same.
"""

from __future__ import annotations

import html.parser
import json
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from procore_jupyter import Procore, ProcoreError
from procore_jupyter.notebook.panels import progress_line, status_card
from procore_jupyter.session import retries
from procore_jupyter.tables.progress import Progress
from tests.connecting import connect
from tests.hostile.counting import share, tried
from tests.session.conftest import Answer, Arrived, Server

MARK = "⚑"
"""Stands at the beginning of each line that a text would begin, if it could."""

LONGEST = 1_500
"""Characters of any one line."""

BITS = st.sampled_from(
    [f"\n{MARK}", f"\r{MARK}", f"\r\n{MARK}", f"\x0b{MARK}", f"\x85{MARK}", f"\u2028{MARK}", f"\u2029{MARK}"]
    + ["\x1b]0;gone\x07", "\x1b[2J", "\x9b31m", "\x08", "\x7f", "\x00", "\u202e", "\u2066", "\u200f", "\u061c", "\ufeff"]
    + ["<evil-tag>", "</div></table><evil-tag x='", "\"><evil-tag>", "<!-- ", "&lt;", "$x^2$", "$$", "\\(x\\)", "`", "{}", "%s"]
    + ["A" * 700, "é" * 70, "\U000e0041", "\ud800", "Harbor Tower", " ", "'", '"']
)  # fmt: skip
TEXTS = st.lists(BITS | st.text(max_size=3), min_size=1, max_size=5).map("".join)

SHAPES: list[Callable[[str], Any]] = [
    lambda text: {"errors": text},
    lambda text: {"errors": {text: [text, text]}},
    lambda text: {"error": {"code": text, "message": text}},
    lambda text: {"error": text, "error_description": text, "reason": text},
    lambda text: [text, {"message": text}],
    lambda text: {text: {text: text}},
    lambda text: text,
    lambda text: f"<html><title>{text}</title><body>{text}</body></html>".encode(errors="replace"),
    lambda text: f"<Error><Code>{text}</Code><Message>{text}</Message></Error>".encode(errors="replace"),
    lambda text: text.encode(errors="replace"),
]


def in_header(text: str) -> str:
    """Return a text as a header can hold it: its bytes in UTF-8, and no line."""
    return re.sub(r"[\r\n\x00]", " ", text).encode(errors="replace").decode("latin-1").strip() or "-"


class Hostile:
    """Answers as Procore does, with one text wherever an answer can have one."""

    def __init__(self) -> None:
        self.text, self.shape, self.status = "", SHAPES[0], 403

    def __call__(self, request: Arrived) -> Answer:
        path, text = urlsplit(request.path).path, self.text
        headers = {"Content-Type": "application/json"}
        for name in ("X-Request-Id", "Link", "Retry-After", "X-Rate-Limit-Limit", "Date", "Server"):
            headers[name] = in_header(text)
        if path.endswith("/me"):
            return self._json({"id": 1, "name": text, "login": text, text: [text, {text: text}]}, headers)
        if path.endswith("/companies"):
            return self._json([{"id": 1, "name": text}, {"id": 2, "name": f"2{text}"}], headers)
        if path.endswith("/projects"):
            rows = [{"id": 7, "name": text}, {"id": 8, "name": f"8{text}"}, {"id": 9}]
            return self._json(rows, {**headers, "Total": "4"})
        if path.endswith("/custom_field_definitions"):
            return self._json([{"id": 17, "label": text}], headers)
        if path.endswith("/projects/7/rfis"):
            return self._json([self._row(number) for number in range(1, 211)], headers)
        if path.endswith("/file"):
            headers["Content-Disposition"] = f'attachment; filename="{in_header(text)}"'
            return Answer(body=b"%PDF", headers=headers)
        if path.endswith("/no_list"):
            return Answer(
                body=f"<h1>{text}".encode(errors="replace"), headers={"Content-Type": in_header(text)}
            )
        if path.endswith("/error_with_200"):
            return self._json({"errors": [text]}, headers)
        found = self.shape(text)
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        return Answer(self.status, body, headers)

    def _row(self, number: int) -> dict[str, Any]:
        late = number > 200
        return {
            "id": number,
            "status": self.text,
            "subject": {self.text: self.text} if number == 210 else self.text,
            "due_date": f"no day {self.text}" if late else "2026-11-30",
            "assignee": {"id": 7, "name": self.text, self.text: self.text},
            "custom_fields": {"custom_field_17": {"data_type": "string", "value": self.text}},
            f"f{self.text}": self.text if late else number,
        } | ({f"g{self.text}": 1} if late else {})

    @staticmethod
    def _json(found: Any, headers: dict[str, str]) -> Answer:
        return Answer(body=json.dumps(found).encode(), headers=headers)


class Drawn(html.parser.HTMLParser):
    """The tags of a drawing, and the texts in it that a front end may take for formulas."""

    def __init__(self, drawing: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[tuple[str, bool]] = []
        self.bare: list[str] = []
        self.feed(drawing)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags |= {tag, *(f"on… in {tag}" for name, _ in attrs if name.startswith("on"))}
        classes = (dict(attrs).get("class") or "").split()
        self.open.append(
            (tag, ("tex2jax_ignore" in classes and "mathjax_ignore" in classes) or tag == "style")
        )

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.tags.add("!--")

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(plain for _, plain in self.open):
            self.bare.append(data)


OURS = {
    *[
        "div",
        "span",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "style",
        "details",
        "summary",
    ]
}


def hold_drawing(drawing: str) -> None:
    found = Drawn(drawing)
    assert found.tags <= OURS, found.tags
    assert not found.bare, found.bare
    assert all(one.isprintable() or one == "\n" for one in drawing)


def hold_line(line: str) -> None:
    assert line.isprintable(), ascii(line)
    assert len(line) <= LONGEST, len(line)


def hold_lines(text: str, rows: int = 10) -> None:
    """Hold each line of a drawing; only a row of the table, of which there are so many at most, may begin with a text."""
    rule = rows
    for number, line in enumerate(text.split("\n")):
        hold_line(line)
        rule = number if line.startswith("──") else rule
        is_row = rule < number <= rule + rows and "  " in line
        assert is_row or not line.startswith(MARK), ascii(line)


def told_of(work: Callable[[], Any]) -> list[str]:
    """Do something that fails; return what the error says."""
    with pytest.raises((ProcoreError, KeyError)) as caught:
        work()
    return [str(caught.value), *map(str, caught.value.args)]


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    found = Hostile()
    server = Server(found)
    found.url = server.url  # type: ignore[attr-defined]
    yield found
    server.stop()


def connected(hostile: Hostile, **more: str) -> Procore:
    url = hostile.url  # type: ignore[attr-defined]
    text = {
        "AuthScheme": "OAUTH",
        "InitiateOAuth": "OFF",
        "OAuthAccessToken": "x",
        "APIURL": url,
        "LoginURL": url,
    }
    return connect(";".join(f"{name}={value}" for name, value in {**text, **more}.items()))


@settings(max_examples=share(100), phases=[Phase.explicit, Phase.generate])  # a case takes long to shrink
@given(TEXTS, st.sampled_from(SHAPES), st.sampled_from([400, 403, 404, 409, 422, 500, 503]))
@example(f"\x1b]0;gone\x07\n{MARK}WARNING: run this\u202e", SHAPES[0], 403)
def test_whatever_a_server_writes_is_one_harmless_line_where_it_is_said(
    hostile: Hostile,
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    shape: Callable[[str], Any],
    status: int,
) -> None:
    tried("texts of a server")
    hostile.text, hostile.shape, hostile.status = text, shape, status
    folder = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as said:
        patch.setattr(retries, "pause", lambda *given: 0.0)
        warnings.simplefilter("always")
        with connected(hostile, CompanyId="1") as procore:
            check_session(procore, folder)
        with connected(hostile) as several:
            for line in told_of(lambda: several.table("rfis").fetch()):
                hold_line(line)
            check_status(several)
    assert said
    for one in said:
        hold_line(str(one.message))


def check_session(procore: Procore, folder: Path) -> None:
    for fails in (
        lambda: procore.get_all("/rest/v1.0/refused").fetch(),
        lambda: procore.get_all("/rest/v1.0/no_list").fetch(),
        lambda: procore.get_all("/rest/v1.0/error_with_200").fetch(),
        lambda: procore.table("rfis", project_id=8).fetch(),
        lambda: procore.table("rfis", project_id="nobody").fetch(),
        lambda: procore.use(company="nobody"),
        lambda: procore.use(project="nobody"),
        lambda: procore.table("rfis", project_id=[7, 8], strict=True).fetch(),
        lambda: procore.table("rfis", project_id=7).fetch()["nobody"],
        lambda: procore.download("/rest/v1.0/refused", folder / "x"),
    ):
        for line in told_of(fails):
            hold_line(line)
    streamed = procore.table("rfis", project_id="all")
    streamed.to_parquet(folder / "a.parquet")
    table = procore.table("rfis", project_id="all").fetch()
    assert table.incomplete and table.notes
    for line in (*table.notes, *streamed.notes):
        hold_line(line)
    for lack in (*table.incomplete, *streamed.incomplete):
        hold_line(lack.message)
        hold_line(lack.project)
    for drawn in (table, procore.companies(), procore.projects()):
        bundle = drawn._repr_mimebundle_()
        hold_lines(bundle["text/plain"])
        hold_drawing(bundle["text/html"])
    me = procore.me()
    assert len(repr(me).split("\n")) == len(me)
    for line in repr(me).split("\n"):
        hold_line(line)
    hold_drawing(me._repr_html_())
    procore.companies().fetch()
    check_status(procore)
    name = procore.download("/rest/v1.0/file", f"{folder}/").name
    hold_line(name)
    assert len(name.encode()) <= 255 and not {*name} & {*'/\\:*?"<>|'}


def check_status(procore: Procore) -> None:
    status = procore.status()
    hold_lines(repr(status))
    for bundle in (
        status_card.card(status),
        status_card.details(status),
        status_card.message("Signed in."),
        progress_line.drawn(Progress("rfis", total=3, done=1)),
    ):
        hold_lines(bundle["text/plain"])
        hold_drawing(bundle["text/html"])
