"""Tab inside the calls of a session: tables, parameters and values, without a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter import Procore, connect
from procore_jupyter.notebook.completion.completion import candidates
from procore_jupyter.tables.location.place_names import Directory
from tests.kernels import Kernel
from tests.notebook.conftest import StartKernel
from tests.notebook.drawn_panels import sign_in

NOWHERE = "http://127.0.0.1:9"
PROJECTS = (
    (4711, "Harbor Tower"),
    (4712, 'The "Best" \\ Dana\'s'),
    (4713, "Twin"),
    (4714, "twin "),
    (4715, ""),
    (4716, "a\nb"),
)


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """Give a notebook's variables: a session that knows some companies and projects, and can ask nobody."""
    session: Procore = connect(f"AuthScheme=NONE;LoginURL={NOWHERE};APIURL={NOWHERE};CompanyId=1234")
    session._places.known_companies = Directory(((1234, "Skyline Builders"), (5678, "Harbor JV")))
    session._places.keep_projects((1234, "Skyline Builders"), Directory(PROJECTS))
    session._places.keep_projects((5678, "Harbor JV"), Directory(((9, "Pier 9"),)))
    yield {"mine": session, "frame": object(), "what": "submittals", "jv": "Harbor JV"}
    session.close()


def offered(text: str, names: dict[str, Any]) -> list[str]:
    """Return what may stand there after Tab."""
    found = candidates(text, names)
    if found is None:
        return []
    assert text.endswith(found.typed)
    return [text[: len(text) - len(found.typed)] + one for one in found.texts]


def rest(text: str, names: dict[str, Any]) -> list[str]:
    """Return what Tab offers, without the text before it."""
    found = candidates(text, names)
    return [] if found is None else found.texts


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("mine.table('budget_v", ["budget_views"]),
        ('mine.tables["budget_v', ["budget_views"]),
        ("mine.tables.describe('budget_v", ["budget_views"]),
        ("mine.tables['RFI", ["rfis", "rfi_replies"]),
        ("procore.table('budget_v", ["budget_views"]),
        ("maker().table('budget_v", ["budget_views"]),
        ("mine.table('recycle_bin/", []),
        ("frame.table('budget_v", []),
        ("mine.table('rfis", ["rfis"]),
    ],
)
def test_tables_are_offered_of_what_is_a_session_or_may_be_one(
    typed: str, texts: list[str], names: dict[str, Any]
) -> None:
    assert rest(typed, names) == texts


def test_a_list_of_the_long_tail_is_offered_where_no_other_table_is(names: dict[str, Any]) -> None:
    assert "rfis_recycle_bin" not in rest("mine.table('rfi", names)
    assert rest("mine.table('equipment_log", names) == ["equipment_logs"]
    (name, *_) = (one for one in names["mine"].tables.catalog.probable if len(one) > 30)
    assert name in rest(f"mine.table('{name[:30]}", names)


def test_parameters_are_offered_that_are_not_given_yet(names: dict[str, Any]) -> None:
    everything = rest('mine.table("rfis", ', names)
    assert everything[:2] == ["project=", "company="] and everything[-2:] == ["strict=", "params="]
    assert {"status=", "updated_at=", "sort=", "project_id="} < {*everything}
    assert len({*everything}) == len(everything)
    assert offered('mine.table("rfis", st', names)[0] == 'mine.table("rfis", status='
    left = rest('mine.table("rfis", status="open", project_id=7, ', names)
    assert not {"status=", "project=", "project_id="} & {*left} and "number=" in left
    assert rest('mine.table("rfi_replies", ', names)[0] == "rfi_id="
    assert "log_date=" in rest('mine.table("manpower_logs", ', names)
    assert rest("mine.table(what, spec", names) == rest('mine.table("submittals", spec', names) != []
    assert rest('mine.table("nothing_such", ', names) == []
    assert rest('mine.table("rfis", "', names) == []
    assert rest("mine.use(", names) == ["company=", "project="]
    assert all(one.removesuffix("=").isidentifier() for one in everything)


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ('"rfis", status="', ["open", "closed", "draft"]),
        ('"rfis", status="Op', ["open"]),
        ('"rfis", status=["open", "cl', ["closed"]),
        ('"rfis", status=', ['"open"', '"closed"', '"draft"']),
        ('"rfis", status=some', []),
        ('"rfis", strict=', ["True", "False"]),
        ('"rfis", strict=T', ["True"]),
        ('"rfis", strict="', []),
        ('"rfis", number="', []),
        ('"rfis", params={"', []),
        ('"rfis", nothing_such="', []),
        ('"rfis", location_id=[', []),
        ('"rfi_replies", rfi_id="', ["all"]),
        ('"users", project="', []),
    ],
)
def test_the_values_that_the_catalog_lists_are_offered(
    typed: str, texts: list[str], names: dict[str, Any]
) -> None:
    assert rest(f"mine.table({typed}", names) == texts


def test_switches_numbers_and_views_are_offered_too(names: dict[str, Any]) -> None:
    tables = names["mine"].tables.catalog.tables
    seen: set[object] = set()
    for spec in tables.values():
        start = f'mine.table("{spec.name}", '
        for one in spec.filters.values():
            if one.name.isidentifier() and (one.choices or one.kind == "bool"):
                wanted = [f'"{c}"' if isinstance(c, str) else str(c) for c in one.choices] or [
                    "True",
                    "False",
                ]
                assert rest(f"{start}{one.name}=", names) == wanted
                seen.add(type(one.choices[0]) if one.choices else bool)
        if spec.views:
            assert rest(f'{start}{spec.view_param}="', names) == [*spec.views]
            seen.add("view")
    assert seen == {str, int, bool, "view"}


def test_projects_and_companies_are_offered_by_names_that_mean_one_alone(names: dict[str, Any]) -> None:
    hard = 'The \\"Best\\" \\\\ Dana\'s'
    known = ["Harbor Tower", hard, "all active", "all"]
    for parameter in ("project", "project_id"):
        assert rest(f'mine.table("rfis", {parameter}="', names) == known
    assert rest('mine.table("rfis", project=["Harbor Tower", "tow', names) == ["Harbor Tower"]
    assert rest('mine.use(project="', names) == known[:2]
    assert rest('mine.use(None, "harbor', names) == ["Harbor Tower"]
    assert rest('mine.use("', names) == rest('mine.use(company="', names) == ["Skyline Builders", "Harbor JV"]
    assert rest('mine.table("users", company="har', names) == ["Harbor JV"]
    for text in (f'mine.use(project="{hard}")', offered("mine.use(project='The", names)[0] + "')"):
        given: dict[str, Any] = {}
        eval(text.replace("mine.use", "given.update"), {"given": given})
        assert given == {"project": PROJECTS[1][1]}


def test_a_company_that_the_call_names_is_the_one_whose_projects_are_offered(names: dict[str, Any]) -> None:
    for company in ('"harbor jv"', "5678", "jv"):
        assert rest(f'mine.table("rfis", company={company}, project="pi', names) == ["Pier 9"]
        assert rest(f'mine.use({company}, project="', names) == ["Pier 9"]
    assert rest('mine.use(unheard_of, project="', names) == []
    assert rest('mine.use(company="Nobody", project="', names) == []


def test_without_a_session_procores_tables_are_known_and_nobodys_projects() -> None:
    assert rest('procore.table("rfis", status="', {}) == ["open", "closed", "draft"]
    assert rest('procore.table("rfis", project="', {}) == ["all active", "all"]
    assert rest('procore.use(project="', {}) == rest('procore.use(company="', {}) == []


@given(st.text("rfistaupojec=[](){},'\"\\ \n*#1", max_size=40))
def test_no_text_crashes_it(text: str) -> None:
    for start in (
        'procore.table("rfis", ',
        "procore.table(",
        "procore.use(",
        'procore.table("rfis", project="',
    ):
        found = candidates(start + text, {"x": "rfis"})
        assert found is None or (start + text).endswith(found.typed)


# In a kernel


@pytest.mark.parametrize("jedi", [True, False])
def test_a_kernel_offers_them_and_asks_nobody(start_kernel: StartKernel, jedi: bool) -> None:
    kernel = start_kernel()
    kernel.run(f"%load_ext procore_jupyter\n%config IPCompleter.use_jedi = {jedi}")
    made = kernel.run(
        "import procore_jupyter, socket\n"
        "from procore_jupyter.tables.location.place_names import Directory\n"
        f"mine = procore_jupyter.connect('AuthScheme=NONE;LoginURL={NOWHERE};APIURL={NOWHERE};CompanyId=1234')\n"
        "mine._places.keep_projects((1234, ''), Directory(((4711, 'Harbor Tower'), (4712, \"Dana's\"))))\n"
        "asked = []\n"
        "class Deaf(socket.socket):\n"
        "    def connect(self, address): asked.append(address); raise OSError('no network')\n"
        "socket.socket = Deaf\n"
        "df = {'one': 1, 'two': 2}\n"
        "rfis = mine.table('rfis')\n"
        "tables = mine.tables\n"
    )
    assert made.status == "ok", made.error
    for typed, found in (
        ('mine.table("budget_v', ['mine.table("budget_views']),
        (
            'x = 1\nrows = mine.table(\n    "rfis",\n    stat',
            ['x = 1\nrows = mine.table(\n    "rfis",\n    status='],
        ),
        ('mine.table("rfis", status=["open", "dr', ['mine.table("rfis", status=["open", "draft']),
        (
            'mine.table("rfis", status=',
            [f'mine.table("rfis", status="{one}"' for one in ("open", "closed", "draft")],
        ),
        ('mine.table("rfis", project="har', ['mine.table("rfis", project="Harbor Tower']),
        ("mine.use(project='", [f"mine.use(project='{one}" for one in ("Harbor Tower", "Dana\\'s")]),
        ('df["', ['df["one', 'df["two']),
        ('tables["budget_v', ['tables["budget_views']),
        ('rfis["due_d', ['rfis["due_date']),
    ):
        assert kernel.complete(typed) == found
    assert 'mine.table("rfis").to_pandas' in kernel.complete('mine.table("rfis").to_p') or not jedi
    assert kernel.run("print(asked)").text.strip() == "[]"


def test_projects_that_were_listed_once_are_offered_by_name(kernel: Kernel, line: str) -> None:
    kernel.run(f"%procore_connect {line}CompanyId=1234")
    sign_in(kernel)
    assert kernel.complete('procore.use(project="Harb') == []
    assert kernel.run("procore.projects()").status == "ok"
    assert kernel.complete('procore.use(project="Harb') == ['procore.use(project="Harbor Tower']
    assert kernel.complete('procore.table("rfis", project="tower') == [
        'procore.table("rfis", project="Harbor Tower'
    ]
