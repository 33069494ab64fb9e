"""Draws `docs/tables.md` and the pages below it from the catalog, so that they say what the code does.

.venv/bin/python -m tools.tables_page            draw them
.venv/bin/python -m tools.tables_page --check    only say whether they are as they would be drawn
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from procore_jupyter import profiles
from procore_jupyter.profiles import built_in_tables
from procore_jupyter.profiles.built_in_tables import GROUPS
from procore_jupyter.tables.arrow.types import of_kind
from procore_jupyter.tables.cache import KEPT
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.definitions.description import days_of, needed
from procore_jupyter.tables.definitions.evidence import SEEN
from procore_jupyter.tables.definitions.spec import V1_LARGEST, V2_LARGEST, Filter, TableSpec

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


class Kind(NamedTuple):
    """What the docs say of a kind of column: its name, what it holds, its dtypes in pandas."""

    words: str
    holds: str
    pandas: str


KINDS = {
    "id": Kind("id", "what tells rows apart; a whole number", "`Int64`"),
    "text": Kind(
        "text",
        "names, descriptions, and numbers that people give, as `RFI-012`",
        "`str`; `string` before pandas 3",
    ),
    "date": Kind("day", "a day without a time", "`datetime64[ms]`"),
    "timestamp": Kind("time", "a day and a time, in UTC", "`datetime64[us, UTC]`"),
    "money": Kind(
        "money",
        "an amount, exact, with four places",
        "`float64` where that loses no digit, else decimal (`object`)",
    ),
    "decimal": Kind(
        "exact number",
        "hours, rates",
        "`float64` where that loses no digit, else decimal (`object`)",
    ),
    "quantity": Kind(
        "quantity",
        "quantities of budgets and contracts, with twelve places",
        "`float64` where that loses no digit, else decimal (`object`)",
    ),
    "percent": Kind(
        "percentage",
        "9.28 for 9.28 %, with a percent sign in the answer or without",
        "`float64` where that loses no digit, else decimal (`object`)",
    ),
    "int": Kind("whole number", "counts, positions, days", "`Int64`"),
    "float": Kind("number", "coordinates, ratios", "`float64`"),
    "bool": Kind("true or false", "yes or no", "`boolean`"),
    "custom_fields": Kind(
        "custom fields", "your company's own fields, each under its label", "a column for each field"
    ),
    "record": Kind("record", "fields that belong together: those that arrive", "a column for each field"),
    "list": Kind("list", "several values: those that arrive", "Python's list (`object`)"),
    "any": Kind("open", "what arrives decides", "what arrives decides"),
}
"""The kinds of `spec.KINDS`, the most frequent first."""

NESTED = {"custom_fields": "`struct`", "record": "`struct`", "list": "`list`", "any": "what arrives decides"}
"""Arrow's types of the kinds whose exact type depends on the rows that arrive."""

FEW = 6
"""The most fields of a record that are named beside a column; of a longer record the docs give the number of fields."""

MANY = 5_000
"""Rows of the table in the example of how many requests a table takes."""

EVIDENCE = {
    "rows": "others have seen whole rows of it",
    "fields": "others have seen some of its fields",
    "path": "others have seen that the address answers",
    "code": "others' programs ask for it; what is answered isn't known",
    "nothing": "we found nobody who has seen it",
}
"""What was seen of Procore's answers, by `evidence.SEEN`."""

SOURCES = {
    "OpenAPI 2026": "Procore's published description of this very list, as of 2026",
    "OpenAPI 2026, single record": "the same of one record, where the list's own answer isn't described",
    "SDK 2024": "a client that was generated from the description of 2024, where that said more",
    "by analogy": "the columns of a list that is alike; where it is and what it takes are described",
}

OWN = """\
extends = "Procore"                  # all that is built in, and what follows

[records.equipment_type]             # what a nested value holds
id = "id"
name = "text"

[tables.site_equipment]
title = "Equipment on site"
path = "/rest/v1.0/projects/{project_id}/managed_equipment"
show = ["name", "status", "ownership", "managed_equipment_type"]

[tables.site_equipment.filters]
status = { kind = "text", several = true }
ownership = { kind = "text", choices = ["Owned", "Rented", "Sub"] }
updated_at = { kind = "timestamp", range = true, sound = true }

[tables.site_equipment.columns]
id = "id"
name = "text"
status = "text"
ownership = "text"
serial_number = "text"
year = "int"
created_at = "timestamp"
updated_at = "timestamp"
created_by = "person"
managed_equipment_type = "equipment_type"
"""
"""A person's own table, in a profile."""

OWN_CALL = 'procore.table("site_equipment", project_id=4711, ownership="Rented")'

KEYS = {
    "path": "where the list is; `{project_id}`, `{company_id}` and other ids are in braces. The only key that is required",
    "title": "what people call it; otherwise the table's name",
    "scope": "`project`, `company` or `global`: what a row belongs to. Otherwise the path decides",
    "note": "what one should know of it",
    "remark": "what `.notes` and the drawn table say of the rows",
    "source": "where the facts are from: your own words",
    "columns": "kinds by name, in the order in which they are handed out; otherwise what arrives decides",
    "others": '`"money"` where columns that aren\'t named here are amounts, as those of a budget view; otherwise what arrives decides',
    "hides": "`true` where an empty answer can also mean that you don't have access to the rows",
    "alternates": 'other addresses of the list, for where its own one is gone: `[{ path = "…" }]`, with `shape`, `parents` and '
    '`query_scope` where they differ; with `when = "empty"` for where its own one has no rows, `when = "fails"` for where the server '
    "fails at it; `takes` names the conditions that it is known to heed: by others, rows are picked out here",
    "key": 'the column that tells rows apart: `id` where there is one, unless you say otherwise; `""` where none does',
    "shared_key": "`true` where rows of several projects may have the same key",
    "show": "the columns that are drawn first",
    "filters": "conditions by name: see below",
    "parents": 'ids of another table\'s rows that it needs, and that table\'s column: `rfi_id = "rfis.id"`. Then `rfi_id="all"` works. '
    "Several tables' columns stand in a list. Where those rows show the same again, as the views of a budget do: "
    '`view_id = { of = "views.id", called = "name", repeats = "amounts" }`, with the column of their names and the word for what '
    "repeats. Then the only one needs no choice, and its name is taken in place of its id",
    "required": "parameters that the API insists on",
    "query_scope": "which of `company_id` and `project_id` are sent beside the path; otherwise the scope's, where the path hasn't it",
    "fixed": "parameters that are always sent, with their values",
    "views": "the sets of columns that the API offers",
    "view_param": "the parameter that chooses one: `view`, unless you say otherwise",
    "default_view": "the view that is asked for where nobody says; otherwise the API decides",
    "sort": '`"sort"` or `"sort[attribute]"`: how the API calls the parameter that sorts',
    "dates": "`true` where days are chosen by `log_date`, or by `start_date` and `end_date`; or a list of those that it takes",
    "paging": '`"none"` where all rows are said to come at once. Pages are asked for all the same: one that is empty or comes '
    "again ends the list",
    "largest_page": f"rows a page: {V1_LARGEST:,}, and {V2_LARGEST:,} below `/rest/v2` or a row of another list, unless you say "
    "otherwise",
    "shape": '`"array"` where the answer is the rows, `"data"` where they stand in `data` (below `/rest/v2`), `"object"` where it is '
    'one row, `"object_with_list"` and `"groups"` where they stand in `list_key`, of the answer or of each of its groups, '
    '`"object_with_groups"` where it is one record with groups: `list_key = "groups.rows"`',
    "list_key": "see `shape`",
    "deprecated": "`true` where Procore says so",
}
"""The keys of a table in a person's own profile."""

FILTER_KEYS = {
    "kind": "the kind of its values: `text`, unless you say otherwise",
    "several": "`true` where it takes several values",
    "range": "`true` where it takes a range",
    "choices": "the values that it takes, where these are known",
    "param": "what the API calls it: `filters[NAME]`, unless you say otherwise",
    "column": "the column that it is about, where that has another name",
    "sound": "`true` where it is [sure](../tables.md#when-a-condition-is-sure)",
}
"""The keys of a filter in a person's own profile."""

WHEN = {
    "gone": "in another version of the API, for where this one is gone.",
    "fails": "a request for each parent, for where this one is gone or the server fails at it.",
    "empty": "below each parent, for where the one here is empty.",
}
"""What an alternate is there for, by `Alternate.when`."""

DRAWN = "<!-- Drawn by tools/tables_page.py from the catalog: change it there, then run  python -m tools.tables_page -->"

INTRODUCTION = """\
# Tables

{drawn}

Each of the {tables} tables is a list of Procore's API, whole: all its pages, each row once, every column with a type.

**The tables:** {groups}<br>
**How to ask:** [which project](#which-project) · [which rows](#which-rows) · [what the columns hold](#what-the-columns-hold) ·
[how sure the facts are](#how-sure-the-facts-are) · [lists that are not here](#lists-that-are-not-here) ·
[your own tables](tables/own_tables.md)

```python
rfis = procore.table("rfis", project_id=4711, status="open")
rfis                                    # draws the first rows
rfis.to_pandas()                        # all of them, as a data frame
```

Nothing is fetched until you look at it. What was fetched is used again for {minutes} minutes; `procore.forget()` forgets
it, `rfis.refresh()` fetches this table again.

| you want | write |
|---|---|
| a few rows, with as few requests as that takes; drawn, all of them up to 60 | `rfis.head()`, `rfis.head(20)` |
| a column that you don't see | scroll to the right below the rows; "43 columns" opens the list of all, with type and meaning |
| a data frame of pandas, with Arrow's types, of polars | `rfis.to_pandas()`, `rfis.to_pandas(dtype_backend="pyarrow")`, `rfis.to_polars()` |
| Arrow's table, for DuckDB and others | `rfis.to_arrow()` |
| a file for a colleague ([more](files.md)) | `rfis.to_excel("rfis.xlsx")`, `rfis.to_csv("rfis.csv")` |
| a file for programs, however many rows it has | `rfis.to_parquet("rfis.parquet")` |
| some thousand rows at a time, as they come | `for batch in rfis.to_batches():` |
| one column | `rfis["subject"]`, an Arrow column |
| the rows one by one, as dictionaries | `for row in rfis:`, `rfis[0]` |
| their number, once they are fetched | `len(rfis)`, `rfis.num_rows` |
| the names of the columns, and their types | `rfis.columns`, `rfis.schema` |
| this page's facts in the notebook | `%procore_tables rfis`, `procore.tables.describe("rfis")` |
| a table that you don't know by its name | `%procore_tables photo`, `procore.tables.search("photo")` |
| a parameter, its values, a project's name | Tab inside `procore.table("rfis", …)`; projects once they are known, as after `procore.projects()` |

## Which project

| you write | it means |
|---|---|
| nothing | the project that you chose with `procore.use(project="Harbor Tower")` or `ProjectId=4711`; or the only one |
| `project_id=4711`, `project="Harbor Tower"` | this one; `project` and `project_id` are the same, and so are `company` and `company_id` |
| `project_id=[4711, 4712]` | these |
| `project_id="all active"` | all active ones; `"all"`: the others too |

```python
submittals = procore.table("submittals", project_id="all active").to_pandas()
submittals.groupby("project_id").size()
```

`company_id`, `project_id` and `project_name` are columns of every row of a project's table. If a project doesn't answer (its tool is off,
or you don't have access), you get the rows of the others: a line above the table says so, `.incomplete`
has the details, and `to_pandas` and the like warn. With `strict=True` it is an error.

## Which rows

Filters are arguments. Each table's page lists its own.

```python
procore.table("rfis", project_id=4711, status="open")
procore.table("submittals", project_id=4711, id=[12345, 12346])
procore.table("prime_contracts", project_id=4711, updated_at=("2026-11-01", None))
procore.table("manpower_logs", project_id=4711, start_date="2026-10-01", end_date="2026-10-31")
procore.table("purchase_order_line_items", project_id=4711, purchase_order_contract_id="all")
procore.table("budget_detail_rows", project_id=4711, budget_view_id="Standard budget")
```

- Give values as you have them: whole numbers from NumPy, pandas, polars or Arrow, floats and texts of whole numbers, dates
  and times of every kind. Where *several* values are possible, a list, a set or a column of a data frame means any of these. Each
  counts once, and a missing value among them is an error. Many values go out in several requests.
- Mistakes are errors before anything is sent: a person's name where an id belongs, a range that ends before it begins, something
  given twice.
- A *range* is from and to, and both are in it. None leaves one end open. A day reaches from its first second to its last, in UTC.
- Daily logs and timecards are whole, unlike Procore's own answer, which without dates is only today, or nothing. `log_date`, or
  `start_date` and `end_date` (one is enough), choose the days. Otherwise all days up to today are read, as of the westernmost time
  zone: Procore refuses a day that hasn't begun where the company is.
- Some tables belong to a row of another table, such as the lines of a purchase order. They need its id; `"all"` reads them
  for all rows, with a request for each.
- Each view of a budget shows the same amounts, and a schedule may show what another does. Where there is one, it needs no choice;
  where there are several, an id or a name says which. `"all"` reads them all: a note on the table says that amounts repeat.
- Other parameters of the API go into `params={{…}}`, as they are: `params={{"filters[status]": "open"}}`.

*Rows a page* tells how many requests a table needs: {many:,} rows are {few_requests} requests where a page has {v1:,}, and
{more_requests} where it has {v2:,}. `PageSize=2000` requests larger pages, except where the largest size is known.

### When a condition is sure

A filter is sent to Procore, and you get the rows that Procore finds. It is *sure* if that misses no row: every row whose column
meets the condition is among them. `status="open"` brings every RFI whose `status` is
`open`. Nobody knows that of the other filters: a search looks into columns that it doesn't name, a day depends on the time zone, a word
can mean one thing in the filter and another in the column. They narrow the list by Procore's own rules. If no row must
be missing, fetch the table without them and filter the data frame.

### What happens when Procore refuses something

We could not try any of this ourselves, so some of it may be wrong. What Procore refuses is requested in another way, once: with many
projects, the first finds it out, and it is remembered for all your notebooks. `.notes` says what was done.

| refused | requested instead |
|---|---|
| a last day | the day before; for a day in the future, today. The note says up to which day |
| so many days at once | as many as Procore allows, or else 90, or else 30 at a time, the last days first |
| a condition's value | the same value as a list of one; the rows are the same |
| that too | all rows, of which those that meet the condition are selected here, if the filter is [sure](#when-a-condition-is-sure) or a range of days. Otherwise nobody can tell, and you get Procore's error |
| nothing, but rows come that surely don't meet a condition | the same: the API ignores it |
| an address that isn't there (404, 410) | the list's other version, for tables that have one (*the same list* on their pages). If that isn't there either, or a filter isn't known to work there, you get Procore's error |

Where owner invoices are empty, they are looked for below each prime contract. An empty list of money says in a note that Procore
gives the same answer to people without access.

## What the columns hold

| here | holds | in pandas | in Arrow, polars, Parquet | `%procore_tables` |
|---|---|---|---|---|
"""

COLUMNS = """\

In a data frame each field of a record is a column. A list stays a list, and a list of records has their names beside it.

```python
rfis = procore.table("rfis", project_id=4711).to_pandas()
rfis["ball_in_court.name"]                                          # a field of a record
rfis["custom_fields.Owner Reference"]                               # a custom field, by its label
rfis["assignees.name"].str.join(", ")                               # the names in a list of records, as one text
rfis.explode("assignees.name").groupby("assignees.name").size()     # a row for each of them
```

| you want | write |
|---|---|
| times where each project is, without an offset | `rfis.to_pandas(tz="project")`, with one request for the projects' zones |
| times in one zone | `rfis.to_pandas(tz="America/New_York")` |
| times in UTC without an offset, as pandas' own `to_excel` needs them | `rfis.to_pandas(tz=None)` |
| exact amounts, as Python's `Decimal` | `rfis.to_pandas(exact=True)` |
| records and lists as Arrow has them | `rfis.to_pandas(flatten=False)`, `rfis.to_polars(flatten=False)` |
| Arrow's types for every column | `rfis.to_pandas(dtype_backend="pyarrow")` |

A column that `float64` would take a digit from stays decimal, and a `ProcoreWarning` names it. Where a field's dotted name is
another column's already, `_1` is put behind it. Times inside of lists are in UTC. A data frame is drawn by pandas, which takes a
text such as `$5 to $8` for a formula; `pandas.options.display.html.use_mathjax = False` ends that.

- **Columns that arrive without being announced** are kept, behind the others; one that doesn't arrive is empty. The same goes for the
  fields of a record. What is usually in a [record](tables/records.md) stands beside the column.
- **Values of another kind than the column's** are kept: the column widens, to text if need be, and says so. A column of text has
  the texts that came, 1.10 and 1.1 apart, whether they were numbers or not.
- **Numbers** are exact. One with more digits than a float keeps makes a column of floats text; in a column of decimals, places
  are added. Only the long fraction of a calculation (33.333333333333336, 0.30000000000000004) is rounded to the column's places, a
  half to the even digit, and a note says so. `NaN` and `Infinity` are missing values.
- **Times** have six digits of a second: further ones are cut off, and a note says so. A time without a zone is in UTC.
- **Records whose fields are called by ids** (over 100 fields, of which each record has few) are text: JSON.
- **Custom fields with the same label** have their numbers behind it, but for the oldest: `Cost`, `Cost (20)`. If you don't have access
  to the company's list of custom fields, they are under their numbers (`custom_field_20`), and a note says so.
- **`_unfit` and `_extra`:** `to_batches` and files of a table that isn't fetched yet give rows as they come, so that their columns are those
  of the first rows: some 2,000, from whatever projects. A value that doesn't fit its column is in `_unfit`, and what comes in new fields in `_extra`, as JSON.

## How sure the facts are

We could try none of this against Procore itself. Others have used its API, and left traces of what it answered; each table says
how much of it was seen, where, and the last time.

| seen | what that means | tables |
|---|---|---|
"""

DESCRIBED = """\

In brackets stands how sure that is: *fairly sure* or *not sure*. Columns and conditions are from descriptions of the API:

| facts from | what that is | tables |
|---|---|---|
"""

OTHERS = """\

## Lists that are not here

`procore.get_all("/rest/v1.0/projects/4711/incidents/actions")` reads any list of the API, all its pages;
`procore.table` takes such a path too. A request is about the company that its address names, else about the chosen one. {probable} more lists than the
{tables} below have a name too, and `procore.table` takes it. They are marked *probable*: known from Procore's description alone,
and nobody has gone over them. What arrives decides their columns. `%procore_tables WORD` finds them.

A list may come in an envelope (`{{"items": […], "page": 3}}`): the one list in it is the rows. An object with an `id` is a record,
and one row. `null` is an empty list; an object that is an error is one, whatever the status of the answer.

Tables of your own go into a profile: [how](tables/own_tables.md).

## The {tables} tables

*Holds* names the columns that are drawn first, of many, and what a call *needs* beside the project. *By* says what has a list
of its own: each project, or each company. *Seen* says [how sure](#how-sure-the-facts-are) the table is.
"""

OWN_TABLES = """\
# Your own tables

{drawn}

[All tables](../tables.md)

A list that has no table yet can be given one, with typed columns and conditions under names. It stands in a profile: a file of
yours, such as `site.toml`.

```toml
{own}```

You connect with that file, and the table is there beside the built-in ones:

```
%procore_connect Profile=site.toml
```

```python
{call}
```

Where you know little, say little: a `path` is enough, and what arrives decides the columns. A table with the name of a built-in
one takes its place. Where something is written wrongly, the first use of tables says what, and where.

## What may be said of a table

| key | meaning |
|---|---|
"""

OWN_FILTERS = """\

## … of a condition

| key | meaning |
|---|---|
"""

OWN_KINDS = """\

`name = "text"` is short for `name = {{ kind = "text" }}`.

## … of a column

{kinds}; or the name of a [record](records.md), built in or your own. In brackets it is a list of them: `"[person]"`.
[What the columns hold](../tables.md#what-the-columns-hold) tells what becomes of each.
"""


def pages() -> dict[Path, str]:
    """Return every page by its path."""
    drawing = _Drawing(Catalog(profiles.load("Procore")[0]))
    return {
        DOCS / "tables.md": "".join(drawing.index()),
        **{DOCS / "tables" / f"{group}.md": "".join(drawing.group(group)) for group in GROUPS},
        DOCS / "tables" / "records.md": "".join(drawing.records()),
        DOCS / "tables" / "own_tables.md": "".join(drawing.own_tables()),
    }


class _Drawing:
    """Draws the pages from a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.groups = {
            group: [name for name, of in built_in_tables.groups().items() if of == title]
            for group, title in GROUPS.items()
        }
        self._pages = {name: group for group, names in self.groups.items() for name in names}

    def index(self) -> Iterator[str]:
        """Yield the pieces of the page that leads to all others."""
        tables, count = self.catalog.tables, len(self.catalog.tables)
        yield INTRODUCTION.format(
            drawn=DRAWN,
            tables=count,
            groups=" · ".join(f"[{title}](#{anchor(title)})" for title in GROUPS.values()),
            minutes=round(KEPT / 60),
            v1=V1_LARGEST,
            v2=V2_LARGEST,
            many=MANY,
            few_requests=-(-MANY // V1_LARGEST),
            more_requests=-(-MANY // V2_LARGEST),
        )
        for kind, (words, holds, pandas) in KINDS.items():
            arrow = NESTED.get(kind) or f"`{of_kind(kind, {})}`"
            yield f"| {words} | {holds} | {pandas} | {arrow} | `{kind}` |\n"
        yield COLUMNS
        seen = Counter(spec.source.seen for spec in tables.values())
        for what, meaning in EVIDENCE.items():
            yield f"| {SEEN[what]} | {meaning} | {seen[what]} |\n"
        yield DESCRIBED
        told = Counter(spec.source.described for spec in tables.values())
        for source, meaning in SOURCES.items():
            yield f"| {source} | {meaning} | {told[source]} |\n"
        yield OTHERS.format(probable=len(self.catalog.probable), tables=count)
        for group, names in self.groups.items():
            yield f"\n### {GROUPS[group]}\n\n| table | holds | by | seen |\n|---|---|---|---|\n"
            for name in names:
                spec = tables[name]
                needs = "".join(f" · needs `{one}`" for one in spec.required)
                holds = f"**{spec.title}**: {', '.join(spec.show)}{needs}"
                yield f"| [`{name}`](tables/{group}.md#{name}) | {holds} | {_by(spec)} | {spec.source.evidence} |\n"

    def group(self, group: str) -> Iterator[str]:
        """Yield the pieces of a group's page."""
        yield f"# {GROUPS[group]}\n\n{DRAWN}\n\n[All tables](../tables.md), and how to ask for them\n\n"
        yield " · ".join(f"[{name}](#{name})" for name in self.groups[group]) + "\n"
        for name in self.groups[group]:
            yield from self._table(self.catalog.tables[name])

    def records(self) -> Iterator[str]:
        """Yield the pieces of the records' page."""
        yield f"# Records\n\n{DRAWN}\n\n[All tables](../tables.md)\n\n"
        yield "What nested values usually hold. A field may be missing, and others may be there beside these.\n"
        for name, fields in self.catalog.records.items():
            told = " · ".join(f"`{field}` *{self._in_words(kind, '')}*" for field, kind in fields.items())
            yield f"\n### {name}\n\n{told}\n"

    def own_tables(self) -> Iterator[str]:
        """Yield the pieces of the page on adding a table."""
        yield OWN_TABLES.format(drawn=DRAWN, own=OWN, call=OWN_CALL)
        yield from _rows(KEYS.items())
        yield OWN_FILTERS
        yield from _rows(FILTER_KEYS.items())
        yield OWN_KINDS.format(kinds=", ".join(f"`{kind}`" for kind in KINDS))

    def _table(self, spec: TableSpec) -> Iterator[str]:
        by = f", by {_by(spec)}" if _by(spec) else ""
        told = f"**{spec.title}**{by}. {spec.note}".rstrip()
        yield f"\n## {spec.name}\n\n{self._linked(told, spec)}\n\n```python\n{example(spec)}\n```\n\n"
        yield from (f"- {fact}\n" for fact in self._facts(spec))
        conditions = [*_conditions(spec)]
        if conditions:
            yield "\n| condition | takes | [sure?](../tables.md#when-a-condition-is-sure) |\n|---|---|---|\n"
            yield from (f"| `{name}` | {takes} | {sure} |\n" for name, takes, sure in conditions)
        columns = {name: self._in_words(kind, "records.md") for name, kind in spec.columns.items()}
        shown = " ".join(f"<code>{name}</code>" for name in spec.show)
        yield f"\n<details><summary>{len(columns)} columns: {shown} …</summary>\n\n| column | holds |\n|---|---|\n"
        yield from _rows(columns.items())
        yield "\n</details>\n"

    def _facts(self, spec: TableSpec) -> Iterator[str]:
        if spec.deprecated:
            yield "**Procore has deprecated this list.**"
        for name, overlap in spec.overlaps.items():
            of = self._of(name, spec)
            yield (
                f"`{name}` is {of}, or its `{overlap.called}`. Where there is one, it needs no choice; where there are several, the "
                f'error lists them. `{name}="all"` reads those of all, with a request for each, and {overlap.repeats} repeat.'
            )
        for name in spec.required:
            of = self._of(name, spec)
            every = f', {of}; `{name}="all"` reads those of all, with a request for each' if of else ""
            yield f"It needs `{name}`{every}."
        if spec.dates:
            yield f"All days up to today come, unless {days_of(spec, '`')} say which."
        pages = f"{spec.largest_page:,} rows a page" if spec.paged else "All rows at once"
        keys = f"`project_id` and `{spec.key}` together tell" if spec.shared_key else f"`{spec.key}` tells"
        yield f"{pages}; " + (f"{keys} rows apart." if spec.key else "no column tells rows apart.")
        if spec.hides:
            yield "An empty answer may also mean that you may not see the rows."
        for one in spec.alternates:
            yield f"`GET {one.path}` is the same list, {WHEN[one.when]}"
        yield f"`GET {spec.path}`; [{spec.source}](../tables.md#how-sure-the-facts-are)"

    def _of(self, name: str, spec: TableSpec) -> str:
        """Return whose values a parameter takes, with links to the tables; empty if nobody knows."""
        found = [one.partition(".") for one in spec.parents.get(name, ())]
        return " or ".join(f"the `{column}` of {self._link(table, spec)}" for table, _, column in found)

    def _link(self, table: str, spec: TableSpec) -> str:
        page = "" if self._pages[table] == self._pages[spec.name] else f"{self._pages[table]}.md"
        return f"[{table}]({page}#{table})"

    def _linked(self, text: str, spec: TableSpec) -> str:
        """Return a note with links to the tables that it names, and other names as code."""

        def shown(found: re.Match[str]) -> str:
            known = found[0] in self._pages and found[0] != spec.name
            return self._link(found[0], spec) if known else f"`{found[0]}`"

        return _NAME.sub(shown, text)

    def _in_words(self, kind: str, page: str) -> str:
        """Return a column's kind in words, with a link to the fields if it is a record."""
        if kind.startswith("["):
            return f"list of {self._in_words(kind[1:-1], page)}"
        fields = self.catalog.records.get(kind)
        if fields is None:
            return KINDS[kind].words
        link = f"[{kind}]({page}#{kind})"
        if not page:
            return link
        return f"{link}: {', '.join(fields) if len(fields) <= FEW else f'{len(fields)} fields'}"


_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?:\.[a-z_]+)?\b|\b[a-z_]+\.id\b")
"""Words of a note that can only be the name of a table, a column or a filter."""


def _by(spec: TableSpec) -> str:
    return "" if spec.scope == "global" else spec.scope


def _rows(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"| `{name}` | {text} |\n" for name, text in named)


def _conditions(spec: TableSpec) -> Iterator[tuple[str, str, str]]:
    """Yield each condition that a table takes: its name, its values, and whether it is sure."""
    for one in spec.filters.values():
        about = f", of `{one.column}`" if one.column != one.name else ""
        yield one.name, _takes(one) + about, "sure" if one.sound else ""
    if spec.views:
        views = ", ".join(f"`{one}`" for one in spec.views)
        usual = f"; `{spec.default_view}` where you don't say" if spec.default_view else ""
        yield spec.view_param, f"which columns come: {views}{usual}", ""
    if spec.sort:
        yield "sort", 'a column; with "-" before it, the other way round', ""


def _takes(found: Filter) -> str:
    words = KINDS[found.kind].words if found.kind != "any" else "sent to the API as it is"
    if found.range:
        return f"range of {words}s"
    text = ", ".join(f"`{one}`" for one in found.choices) or words
    return f"{text}, or several" if found.several else text


def example(spec: TableSpec) -> str:
    """Return an example of a call that opens a table."""
    given = {name: "4711" if name == "project_id" else "12345" for name in needed(spec)}
    if spec.dates:
        given |= {"start_date": '"2026-10-01"', "end_date": '"2026-10-31"'}
    else:
        told = _telling(spec)
        if told is not None:
            given[told.name] = _sample(told)
    arguments = "".join(f", {name}={value}" for name, value in given.items())
    return f'procore.table("{spec.name}"{arguments})'


def _telling(spec: TableSpec) -> Filter | None:
    """Return the filter that people use most: by status, by time of change, by another choice, by ID."""

    def rank(one: Filter) -> int:
        is_id = one.sound and one.kind == "id"
        tests = (
            one.name.endswith("status") and one.choices,
            one.name == "updated_at" and one.range,
            one.choices and "deleted" not in one.name,
            is_id and one.name != "id",
            is_id,
        )
        return next((place for place, meets in enumerate(tests) if meets), len(tests))

    found = sorted((one for one in spec.filters.values() if one.name not in needed(spec)), key=rank)
    return found[0] if found and rank(found[0]) < rank(Filter("", "")) else None


def _sample(found: Filter) -> str:
    if found.range:
        return '("2026-11-01", None)'
    if found.choices:
        first = found.choices[0]
        return f'"{first}"' if isinstance(first, str) else str(first)
    return "[12345, 12346]" if found.several else "12345"


def anchor(heading: str) -> str:
    """Return the anchor that GitHub makes for a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def main(arguments: list[str]) -> int:
    """Draw the pages, or say which of them are not as they would be drawn."""
    drawn = pages()
    old = [page for page in (DOCS / "tables").glob("*.md") if page not in drawn]
    different = [
        page for page, text in drawn.items() if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for page in (*different, *old):
            print(f"{page.relative_to(ROOT)} is not as it would be drawn: run  python -m tools.tables_page")
        return 1 if different or old else 0
    for page in different:
        page.parent.mkdir(exist_ok=True)
        page.write_text(drawn[page], encoding="utf-8", newline="\n")
    for page in old:
        page.unlink()
    print(f"{len(drawn)} pages, {len(different)} of them new")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
