"""Makes `procore_jupyter/profiles/long_tail.jsonl`, which has every list endpoint of Procore's REST API, one a line.

The tables of `procore_jupyter/profiles/tables` are made by hand; this file is for all the other lists. Nobody edits it:
this program makes it from a file of facts, which isn't part of the project. The same facts always make the same file::

    .venv/bin/python tools/long_tail.py FACTS.json

The first line says how many endpoints follow. Each other line is an object, without the keys that would be empty:

``name``
    Unique; the lines are sorted by it.
``path``, ``scope``, ``title``
    As in the hand-made tables; the title is the API's own ("List RFIs"). Placeholders that are neither
    ``company_id`` nor ``project_id`` are among ``parents``.
``required``
    The query parameters that the API requires. ``company_id`` or ``project_id`` is among them if the scope has it and
    the path doesn't. ``per_page`` is not, because paging sends it anyway.
``parents``
    Parameters in the path that are IDs of other tables' rows.
``filters``
    The filters by name. A filter is its kind (``"id"``), in brackets if it takes several values (``"[id]"``), with three
    dots if it takes a range (``"timestamp..."``). A filter whose parameter isn't ``filters[NAME]``, or that has choices,
    is an object with that ``kind``, the ``param`` and the ``choices``.
``views``, ``view_param``
    The values that the parameter ``view`` takes, and the parameter's name if it isn't ``view``.
``sort``
    The parameter that sorts.
``dates``
    True if ``log_date``, or ``start_date`` and ``end_date``, choose the days; without them the API returns today's.
``deprecated``
    True if Procore has deprecated the endpoint.
``paging``
    ``page``, ``limit`` or ``none``. Every line has this key.
``per_page``
    The default and the largest size of a page; null for the one that isn't known.
``shape``, ``list_key``
    What the answer is, if it is no array of rows: ``data`` (``{"data": [rows]}``), ``data_object``
    (``{"data": {…}}``), ``object`` (one record), ``object_with_list`` (the rows are under the list key),
    ``groups`` (an array of objects, each with rows under the list key), ``values`` (an array of bare values),
    ``data_values`` (the same under ``data``), ``unknown``.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RESULT = Path(__file__).resolve().parent.parent / "procore_jupyter" / "profiles" / "long_tail.jsonl"

Facts = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"{(\w+)}")
_SCOPES = {"company": "company_id", "project": "project_id"}
_FOREIGN = {"origin_id", "employee_id", "external_id", "business_id"}
"""IDs of other systems, which are texts whatever they look like."""

_SHAPES = {"data_envelope": "data", "data_envelope_object": "data_object", "scalar_array": "values"}


def path_of(facts: Facts) -> str:
    """Return the path, with `project_id` also where two lists call the project of their scope `id`."""
    return str(facts["path"]).replace("/projects/{id}/", "/projects/{project_id}/")


def required_of(facts: Facts) -> list[str]:
    """Return the query parameters that a request needs, the IDs of the scope first."""
    held = set(_PLACEHOLDER.findall(path_of(facts))) | set(_PLACEHOLDER.findall(facts["path"])) | {"per_page"}
    names = [name for name in facts.get("required_params") or [] if name not in held]
    of_scope = _SCOPES.get(facts["scope"])
    if of_scope is not None and of_scope not in held and of_scope not in names:
        names.append(of_scope)
    return sorted(names, key=lambda name: (name not in _SCOPES.values(), name))


def parents_of(facts: Facts) -> list[str]:
    """Return the parameters in the path that are neither the company nor the project."""
    return [name for name in _PLACEHOLDER.findall(path_of(facts)) if name not in _SCOPES.values()]


def kind_of(name: str, told: str, path: str) -> str:
    """Return the kind of one value of a filter.

    Parameters
    ----------
    name : str
        The filter's name.
    told : str
        The JSON type of a value, in the facts.
    path : str
        The endpoint's path. The IDs of API version 2 are texts, and some of them are no numbers.
    """
    if told == "boolean":
        return "bool"
    is_id = name in ("id", "ids") or name.endswith(("_id", "_ids"))
    if told == "integer":
        return "id" if is_id else "int"
    if told == "string":
        return "id" if is_id and name not in _FOREIGN and path.startswith("/rest/v1.") else "text"
    return "any"


def takes_range(facts: Facts) -> bool:
    """Tell whether a filter takes a range.

    By Procore's guide to filtering, `created_at` and `updated_at` take ranges in every list. If the parameter says
    "later than", they take a single time.
    """
    if not facts["param"].startswith("filters[") or facts["param"].count("[") != 1:
        return False
    return bool(facts.get("range")) or (
        facts["name"] in ("created_at", "updated_at") and facts["type"] == "string"
    )


def filter_of(facts: Facts, path: str) -> str | dict[str, Any]:
    """Return a filter in the form that the docstring of this module describes."""
    name, several = facts["name"], facts["type"] == "array"
    if takes_range(facts):
        kind = "timestamp..." if name.endswith("_at") else "date..."
    elif facts.get("range"):
        kind = "timestamp"
    else:
        kind = kind_of(name, str(facts.get("items") if several else facts["type"]), path)
        kind = f"[{kind}]" if several else kind
    more: dict[str, Any] = {}
    if facts["param"] != f"filters[{name}]":
        more["param"] = facts["param"]
    if facts.get("enum"):
        more["choices"] = facts["enum"]
    return {"kind": kind, **more} if more else kind


def filters_of(facts: Facts) -> dict[str, str | dict[str, Any]]:
    """Return all filters by name.

    If the facts have a name twice (`filters[status]` and `filters[status][not]`), the second filter is called
    `status_not`.
    """
    filters: dict[str, str | dict[str, Any]] = {}
    for one in facts.get("filters") or []:
        name = one["name"]
        if name in filters or one["param"] == f"filters[{name}][not]":
            name = f"{name}_{one['param'].rstrip(']').rpartition('[')[2]}"
        if name in filters:
            raise ValueError(
                f"Two filters of {facts['slug']} are called {name}. Give one of them another name."
            )
        filters[name] = filter_of(one, path_of(facts))
    return filters


def shape_of(facts: Facts) -> tuple[str, str | None]:
    """Return the shape of the answer, and the key of the rows if the shape has one."""
    response = facts["response"]
    shape, key = _SHAPES.get(response["shape"], response["shape"]), response.get("list_key")
    if response.get("scalar"):
        return ("values", None) if shape == "values" else ("data_values", None)
    fields = {field["name"]: field["type"] for field in facts.get("fields") or []}
    if shape == "array" and len(fields) == 2 and fields.pop("group_title", None) == "string":
        ((group_key, kind),) = fields.items()
        if kind == "array":
            return "groups", group_key
    if shape in ("data", "data_object") and key == "data":
        key = None
    return shape, key


def line_of(facts: Facts) -> dict[str, Any]:
    """Return the object that describes one endpoint."""
    paging = facts["pagination"]
    sizes = [paging["default_per_page"], paging["max_per_page"]]
    shape, key = shape_of(facts)
    view_param = facts.get("view_param")
    line = {
        "name": facts["slug"],
        "path": path_of(facts),
        "scope": facts["scope"],
        "title": facts["name"],
        "required": required_of(facts),
        "parents": parents_of(facts),
        "filters": filters_of(facts),
        "views": facts.get("views"),
        "view_param": view_param if view_param != "view" else None,
        "sort": facts["sort_style"] if facts["sort_style"] != "none" else None,
        "dates": facts.get("date_window"),
        "deprecated": facts.get("deprecated"),
        "paging": paging["style"] or "none",
        "per_page": sizes if any(sizes) else None,
        "shape": shape if shape != "array" else None,
        "list_key": key,
    }
    return {name: value for name, value in line.items() if value}


def long_tail(endpoints: Iterable[Facts]) -> str:
    """Return the whole file.

    Raises
    ------
    ValueError
        Two endpoints, or two filters of one, have the same name.
    """
    lines = sorted((line_of(facts) for facts in endpoints), key=lambda line: str(line["name"]))
    for one, next_one in itertools.pairwise(lines):
        if one["name"] == next_one["name"]:
            raise ValueError(f"Two endpoints are called {one['name']}. Names have to be unique.")
    head = {
        "generated_by": "tools/long_tail.py",
        "endpoints": len(lines),
        "meaning": "The lists of Procore's REST API, one a line. What the keys mean is told at the head of the generator.",
    }
    written = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in [head, *lines])
    return "".join(f"{line}\n" for line in written)


def main(arguments: list[str]) -> int:
    """Write the file from the facts in the file that the one argument names."""
    if len(arguments) != 1:
        print("Name the file of facts: .venv/bin/python tools/long_tail.py FACTS.json", file=sys.stderr)
        return 2
    text = long_tail(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    RESULT.write_text(text, encoding="utf-8", newline="\n")
    print(f"{RESULT.name}: {text.count(chr(10)) - 1} endpoints, {len(text.encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
