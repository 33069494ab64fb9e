"""Tables to choose from are drawn: those gone over by hand first, the probable ones folded into one line."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from procore_jupyter.tables.definitions.catalog import built_in
from procore_jupyter.tables.definitions.listing import MOST, listing

CATALOG = built_in()


class Parts(HTMLParser):
    """The texts of a drawing, those inside a closed ``details`` apart."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.open, self.folded, self._depth, self._tags = "", "", 0, list[str]()
        self.feed(drawn)
        assert self._tags == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._tags.pop() == tag

    def handle_data(self, data: str) -> None:
        if "details" in self._tags and "summary" not in self._tags:
            self.folded += f"{data}\n"
        else:
            self.open += f"{data}\n"


def test_the_probable_tables_are_one_line_below_the_others() -> None:
    found = listing(CATALOG, "rfi")
    lines = repr(found).splitlines()
    assert lines[0] == "2 tables for 'rfi'.  %procore_tables NAME  describes one."
    assert [line.split()[0] for line in lines[1:3]] == ["rfis", "rfi_replies"] == found.names[:2]
    assert len(lines) == 4 and re.match(r"\d+ more, probable: rfis_\w+, .* and \d+ more$", lines[3])
    drawn = Parts(found._repr_html_())
    assert "RFI Replies" in drawn.open and "rfis_recycle_bin" not in drawn.open
    assert "rfis_recycle_bin\n" in drawn.folded and "RFI Replies" not in drawn.folded


def test_where_only_probable_tables_are_found_they_are_listed() -> None:
    found = listing(CATALOG, "rfis_*")
    assert "\nrfis_recycle_bin " in repr(found) and "\nprobable: known only from" in repr(found)
    assert "rfis_recycle_bin\n" in Parts(found._repr_html_()).open


def test_a_long_list_says_how_many_more_there_are() -> None:
    found = listing(CATALOG, "*_*_*_*")
    probable = [spec for spec in found.specs if spec.probable]
    by_hand = len(found.specs) - len(probable)
    assert repr(found).startswith(f"{by_hand} tables for ") and f"\n{len(probable)} more, probable" in repr(
        found
    )
    folded = Parts(found._repr_html_()).folded
    assert f"… {len(probable) - MOST} more: try a longer word" in folded


@pytest.mark.parametrize("pattern", ["nothing such", "<b>nothing</b>", "'" * 200])
def test_where_nothing_is_found_the_way_on_is_told(pattern: str) -> None:
    found = listing(CATALOG, pattern)
    assert re.match(r"No table matches .*\.  %procore_tables  lists", repr(found))
    assert len(repr(found)) < 200 and "<b>" not in found._repr_html_()


def test_a_name_describes_its_table_and_names_the_others_that_match() -> None:
    assert "See also: rfis_advanced_exports, " in repr(listing(CATALOG, " RFIs "))
    assert "See also" not in repr(listing(CATALOG, "manpower_logs_vendor_options"))
    one = listing(CATALOG, "rfis")
    assert "See also" in Parts(one._repr_html_()).open
