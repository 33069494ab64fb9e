"""The call that the cursor stands in is found in code that is half written, and wrong elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.notebook.completion.open_call import OpenCall, open_call


def rfis(parameter: str, typed: str, quote: str, **given: str) -> OpenCall:
    return OpenCall("procore", "table", ('"rfis"',), given, parameter, typed, quote)


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ('procore.table("', OpenCall("procore", "table", (), {}, "", "", '"')),
        ("x = mine.table( 'ri", OpenCall("mine", "table", (), {}, "", "ri", "'")),
        ('procore.tables["r', OpenCall("procore", "tables", (), {}, "", "r", '"')),
        ('procore.tables.describe("r', OpenCall("procore", "describe", (), {}, "", "r", '"')),
        ("procore.use(", OpenCall("procore", "use", (), {}, "", "", "")),
        ('procore.use(project="Har', OpenCall("procore", "use", (), {}, "project", "Har", '"')),
        ('procore.table("rfis", ', rfis("", "", "")),
        ('procore.table("rfis", st', rfis("", "st", "")),
        ('procore.table("rfis", status=', rfis("status", "", "")),
        ('procore.table("rfis", status = "o', rfis("status", "o", '"')),
        ('procore.table("rfis", number=7, status="', rfis("status", "", '"', number="7")),
        ('procore.table("rfis", status=["open", "', rfis("status", "", '"')),
        ('procore.table("rfis", id=f(1, [2]), status=("open", "', rfis("status", "", '"', id="")),
        (
            'rows = (\n  procore\n  .table(\n    "rfis",  # all, (of them\n    status="open",\n    project="',
            rfis("project", "", '"', status='"open"')._replace(receiver=""),
        ),
        ('procore.table(\n    "rfis",\n\n    st', rfis("", "st", "")),
        ('!echo it\'s\nprocore.table("rfis", ', rfis("", "", "")),
        ('print("half\n%time procore.table("rfis", ', rfis("", "", "")),
        ('f(procore.table("rfis", project="Dana\'s (new) ', rfis("project", "Dana's (new) ", '"')),
        ('procore.use(company=7).table("rfis", ', rfis("", "", "")._replace(receiver="")),
        ('self.procore.table("rfis", ', rfis("", "", "")._replace(receiver="")),
        ("procore.table(name, ", OpenCall("procore", "table", ("name",), {}, "", "", "")),
    ],
)
def test_the_call_at_the_cursor_is_found(text: str, call: OpenCall) -> None:
    assert open_call(text) == call


@pytest.mark.parametrize(
    "text",
    [
        "",
        "procore.table",
        'procore.table("rfis")',
        'procore.table("rfis"',
        'procore.table("rfis").to_pandas(',
        'procore.table("rfis", status="open"',
        'procore.table("rfis", status == "',
        'procore.table("rfis", status=f"',
        'procore.table("rfis", id=12',
        'procore.table("rfis", params={"a": "',
        'procore.table("rfis", status=frame["',
        'df["',
        'df.tables("',
        'procore.table["',
        'table("rfis", ',
        '# procore.table("',
        "x = 'procore.table(",
        'catalog.describe("',
    ],
)
def test_where_no_call_of_a_session_is_open_none_is_found(text: str) -> None:
    assert open_call(text) is None


@pytest.mark.parametrize(
    "before", ["x = 'one line'\n" * 20_000, "x = (1, [2, 3])  " * 20_000 + "\n", "x" * 99_999 + ";"]
)
def test_a_long_cell_is_no_hindrance(before: str) -> None:
    assert open_call(f'{before}procore.table("rfis", st') == rfis("", "st", "")


@given(st.text("procet.ablus([{}])=,'\"# \n*\\f1", max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    for start in ("procore.table(", 'procore.table("rfis", ', "procore.tables[", "procore.use("):
        found = open_call(start + text)
        assert found is None or (start + text).endswith(found.typed)
