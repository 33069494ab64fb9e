"""Tables as they are written down, in TOML or in the long tail, and the `TableSpec`s that they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from procore_jupyter.tables.definitions.spec import (
    KINDS,
    PLACEHOLDER,
    SCOPE_IDS,
    SHAPES,
    V1_LARGEST,
    V2_LARGEST,
    Filter,
    TableSpec,
)
from procore_jupyter.wording import nearest

_NAME = re.compile(r"[a-z][a-z0-9_]{0,80}", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~{}/-]*", re.ASCII)


class SpecError(ValueError):
    """A table is described wrongly; the message says where and how."""


_KEYS = (
    "title", "path", "scope", "source", "note", "key", "show", "columns", "others", "paging", "largest_page", "shape", "list_key",
    "required", "query_scope", "parents", "filters", "fixed", "views", "view_param", "default_view", "sort", "dates",
    "deprecated",
)  # fmt: skip
_FILTER_KEYS = ("kind", "several", "range", "choices", "param", "column", "sound")


def spec_from(name: str, found: object, records: Mapping[str, object]) -> TableSpec:
    """Return the table that a profile describes.

    Parameters
    ----------
    name : str
        The table's name.
    found : object
        What TOML has for it.
    records : mapping
        The records that columns may name.

    Raises
    ------
    SpecError
        It is wrong.
    """
    if not _NAME.fullmatch(name):
        raise SpecError(f"[tables.{name!r:.60}]: a table's name is made of small letters, digits and _")
    where = f"[tables.{name}]"
    table = _mapping(found, where)
    _known(table, _KEYS, where)
    path = _text(table, "path", where)
    if not _PATH.fullmatch(path) or "//" in path or "/../" in path:
        raise SpecError(f'path in {where} has to be a path such as "/rest/v1.0/projects/{{project_id}}/rfis"')
    placeholders = PLACEHOLDER.findall(path)
    guess = (
        "project" if "project_id" in placeholders else "company" if "company_id" in placeholders else "global"
    )
    scope = _choice(table, "scope", ("global", "company", "project"), where, guess)
    version2 = bool(re.match(r"/rest/v[2-9]", path))
    columns = {
        str(column): _kind(kind, records, f"{column} in {where}")
        for column, kind in _mapping(table.get("columns", {}), f"columns in {where}").items()
    }
    query = [*_texts(table, "query_scope", where), *_texts(table, "required", where)]
    scope_id = {"global": None, "company": "company_id", "project": "project_id"}[scope]
    if "query_scope" not in table and scope_id and scope_id not in placeholders:
        query.insert(0, scope_id)
    parents = {
        str(one): str(of) for one, of in _mapping(table.get("parents", {}), f"parents in {where}").items()
    }
    for one in placeholders:
        if one not in SCOPE_IDS:
            parents.setdefault(one, "")
    show = _texts(table, "show", where)
    for column in show:
        if columns and column not in columns:
            raise SpecError(f"show in {where} names {column!r}, which is no column")
    largest = table.get("largest_page", V2_LARGEST if version2 else V1_LARGEST)
    if not isinstance(largest, int) or isinstance(largest, bool) or not 1 <= largest <= 100_000:
        raise SpecError(f"largest_page in {where} has to be a number of rows")
    return TableSpec(
        name=name,
        path=path,
        scope=scope,  # type: ignore[arg-type]
        title=_text(table, "title", where, name),
        note=_text(table, "note", where, ""),
        source=_text(table, "source", where, ""),
        columns=columns,
        others=_choice(table, "others", ("", "money"), where, ""),
        key=_text(table, "key", where, "id" if not columns or "id" in columns else ""),
        show=show,
        query=tuple(dict.fromkeys(query)),
        parents=parents,
        filters={
            str(one): _filter(str(one), described, f"filters.{one} in {where}")
            for one, described in _mapping(table.get("filters", {}), f"filters in {where}").items()
        },
        fixed={
            str(one): str(value)
            for one, value in _mapping(table.get("fixed", {}), f"fixed in {where}").items()
        },
        views=_texts(table, "views", where),
        view_param=_text(table, "view_param", where, "view"),
        default_view=_text(table, "default_view", where, ""),
        sort=_text(table, "sort", where, ""),
        dates=_flag(table, "dates", where),
        paged=_choice(table, "paging", ("page", "none"), where, "page") == "page",
        largest_page=largest,
        shape=_choice(table, "shape", SHAPES, where, "data" if version2 else "array"),
        list_key=_text(table, "list_key", where, ""),
        deprecated=_flag(table, "deprecated", where),
    )


def _filter(name: str, found: object, where: str) -> Filter:
    if isinstance(found, str):
        found = {"kind": found}
    described = _mapping(found, where)
    _known(described, _FILTER_KEYS, where)
    choices = described.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(one, (str, int)) for one in choices):
        raise SpecError(f"choices in {where} has to be a list of texts or numbers")
    return Filter(
        name,
        _text(described, "param", where, f"filters[{name}]"),
        _choice(described, "kind", KINDS, where, "text"),
        several=_flag(described, "several", where),
        range=_flag(described, "range", where),
        choices=tuple(choices),
        column=_text(described, "column", where, name),
        sound=_flag(described, "sound", where),
    )


def probable_spec(line: Mapping[str, Any]) -> TableSpec:
    """Return the table of one line of the long tail (its form: ``tools/long_tail.py``)."""
    filters = {}
    for name, told in line.get("filters", {}).items():
        described = told if isinstance(told, dict) else {"kind": told}
        kind = str(described["kind"])
        filters[name] = Filter(
            name,
            described.get("param", f"filters[{name}]"),
            kind.strip("[].") or "text",
            several=kind.startswith("["),
            range=kind.endswith("..."),
            choices=tuple(described.get("choices", ())),
            column=name,
        )
    _, largest = line.get("per_page", (None, None))
    one_record = line.get("shape") in ("object", "data_object")
    version2 = str(line["path"]).startswith("/rest/v2")
    return TableSpec(
        name=line["name"],
        path=line["path"],
        scope=line["scope"],
        title=line["title"],
        source="probable: nobody has gone over it",
        query=tuple(line.get("required", ())),
        parents=dict.fromkeys(line.get("parents", ()), ""),
        filters=filters,
        views=tuple(line.get("views", ())),
        view_param=line.get("view_param", "view"),
        sort=line.get("sort", ""),
        dates=line.get("dates", False),
        # A list that knows a limit alone is seen to repeat, and told of; one record has no second page.
        paged=line["paging"] != "none" and not (one_record and not line.get("list_key")),
        largest_page=largest or (V2_LARGEST if version2 else V1_LARGEST),
        shape=line.get("shape", "array"),
        list_key=line.get("list_key", ""),
        probable=True,
        deprecated=line.get("deprecated", False),
    )


def records_from(found: object) -> dict[str, dict[str, str]]:
    """Return the records that a profile describes, each with its fields' kinds. Raises `SpecError`."""
    described = _mapping(found, "[records]")
    records = {
        str(name): {
            str(one): _kind(kind, described, f"{one} in [records.{name}]")
            for one, kind in _mapping(fields, f"[records.{name}]").items()
        }
        for name, fields in described.items()
    }
    for name in records:
        _check_end(name, records, ())
    return records


def _check_end(name: str, records: Mapping[str, Mapping[str, str]], around: tuple[str, ...]) -> None:
    """Look whether a record comes to an end: one that holds itself has no type."""
    if name in around:
        raise SpecError(f"[records.{name}] holds itself")
    for kind in records[name].values():
        inner = kind.strip("[]")
        if inner in records and inner not in KINDS:
            _check_end(inner, records, (*around, name))


def _kind(kind: object, records: Mapping[str, object], where: str) -> str:
    if isinstance(kind, str):
        inner = kind[1:-1] if kind.startswith("[") and kind.endswith("]") else kind
        if inner in KINDS or inner in records or kind == "custom_fields":
            return kind
    meant = nearest(str(kind).strip("[]"), [*KINDS, "custom_fields", *records])
    raise SpecError(f"{where} has no such kind: {kind!r:.60}" + (f": did you mean {meant}?" if meant else ""))


def _mapping(found: object, where: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise SpecError(f"{where} has to be a table")
    return found


def _known(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    names = [*known]
    for key in table:
        if key not in names:
            meant = nearest(str(key), names)
            raise SpecError(
                f"{key!r:.60} in {where} means nothing" + (f": did you mean {meant}?" if meant else "")
            )


def _text(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not (value.isprintable() or value == "") or len(value) > 500:
        raise SpecError(f"{key} in {where} has to be a text")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SpecError(f"{key} in {where} has to be a list of texts")
    return tuple(value)


def _flag(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"{key} in {where} has to be true or false")
    return value


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str, default: str) -> str:
    value = table.get(key, default)
    if value not in choices:
        raise SpecError(f"{key} in {where} has to be one of {', '.join(choices)}")
    return str(value)
