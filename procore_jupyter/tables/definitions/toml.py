"""Tables as TOML or the long tail describes them -> `TableSpec`s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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

MOST_ROWS = 100_000
"""Rows a page that a profile may ask for, at most."""

LONGEST_TEXT = 500
"""Characters of a text in a profile, at most."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,80}", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9._~{}/-]*", re.ASCII)


class SpecError(ValueError):
    """A profile describes a table wrongly; the message says where and how."""


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
        The table's description, as read from TOML.
    records : mapping
        The records that a column's kind may name.

    Raises
    ------
    SpecError
        The description is wrong.
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
        column: _kind(kind, records, f"{column} in {where}")
        for column, kind in _inner(table, "columns", where).items()
    }
    query = [*_texts(table, "query_scope", where), *_texts(table, "required", where)]
    scope_id = {"global": None, "company": "company_id", "project": "project_id"}[scope]
    if "query_scope" not in table and scope_id and scope_id not in placeholders:
        query.insert(0, scope_id)
    parents = {one: str(of) for one, of in _inner(table, "parents", where).items()}
    for one in placeholders:
        if one not in SCOPE_IDS:
            parents.setdefault(one, "")
    show = _texts(table, "show", where)
    for column in show:
        if columns and column not in columns:
            raise SpecError(f"show in {where} names {column!r}, which is no column")
    largest = table.get("largest_page", V2_LARGEST if version2 else V1_LARGEST)
    if not isinstance(largest, int) or isinstance(largest, bool) or not 1 <= largest <= MOST_ROWS:
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
            one: _filter(one, described, f"filters.{one} in {where}")
            for one, described in _inner(table, "filters", where).items()
        },
        fixed={one: str(value) for one, value in _inner(table, "fixed", where).items()},
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
    """Return the table that a line of the long tail describes; ``tools/long_tail.py`` documents the lines."""
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
        # A list with a limit and no pages is found out by its repeated rows; one record has no second page.
        paged=line["paging"] != "none" and not (one_record and not line.get("list_key")),
        largest_page=largest or (V2_LARGEST if version2 else V1_LARGEST),
        shape=line.get("shape", "array"),
        list_key=line.get("list_key", ""),
        probable=True,
        deprecated=line.get("deprecated", False),
    )


def records_from(found: object) -> dict[str, dict[str, str]]:
    """Return the kinds of the fields of each record that a profile describes. Raises `SpecError`."""
    described = _mapping(found, "[records]")
    records = {
        name: {
            one: _kind(kind, described, f"{one} in [records.{name}]")
            for one, kind in _mapping(fields, f"[records.{name}]").items()
        }
        for name, fields in described.items()
    }
    for name in records:
        _check_end(name, records, ())
    return records


def _check_end(name: str, records: Mapping[str, Mapping[str, str]], around: tuple[str, ...]) -> None:
    """Raise `SpecError` if a record holds itself: it would have no type."""
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
    hint = _did_you_mean(str(kind).strip("[]"), [*KINDS, "custom_fields", *records])
    raise SpecError(f"{where} has no such kind: {kind!r:.60}{hint}")


def _mapping(found: object, where: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise SpecError(f"{where} has to be a table")
    return {str(name): value for name, value in found.items()}


def _inner(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    return _mapping(table.get(key, {}), f"{key} in {where}")


def _known(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise SpecError(f"{key!r:.60} in {where} means nothing" + _did_you_mean(key, known))


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    meant = nearest(word, known)
    return f": did you mean {meant}?" if meant else ""


def _text(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not (value.isprintable() or value == "") or len(value) > LONGEST_TEXT:
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
