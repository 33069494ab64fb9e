"""Tables as TOML or the long tail describes them -> `TableSpec`s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from procore_jupyter.tables.definitions.evidence import PLACES, SEEN, WEIGHTS, Source
from procore_jupyter.tables.definitions.spec import (
    DATES,
    KINDS,
    PLACEHOLDER,
    SCOPE_IDS,
    SHAPES,
    V1_LARGEST,
    Alternate,
    Filter,
    Overlap,
    TableSpec,
    is_paged,
    is_version_2,
    usual_largest,
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
    "title", "path", "scope", "source", "note", "remark", "key", "shared_key", "show", "columns", "others", "paging", "largest_page", "shape",
    "list_key", "required", "query_scope", "parents", "filters", "fixed", "views", "view_param", "default_view", "sort", "dates",
    "hides", "alternates", "deprecated",
)  # fmt: skip
_SOURCE_KEYS = ("described", "seen", "place", "when", "weight")
_ALTERNATE_KEYS = ("path", "when", "shape", "list_key", "query_scope", "parents", "takes")
_OVERLAP_KEYS = ("of", "called", "repeats")
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
    _check_path(path, where)
    placeholders = PLACEHOLDER.findall(path)
    guess = (
        "project" if "project_id" in placeholders else "company" if "company_id" in placeholders else "global"
    )
    scope = _choice(table, "scope", ("global", "company", "project"), where, guess)
    columns = {
        column: _kind(kind, records, f"{column} in {where}")
        for column, kind in _inner(table, "columns", where).items()
    }
    query = [*_texts(table, "query_scope", where), *_texts(table, "required", where)]
    scope_id = {"global": None, "company": "company_id", "project": "project_id"}[scope]
    if "query_scope" not in table and scope_id and scope_id not in placeholders:
        query.insert(0, scope_id)
    parents = _parents(table, path, where)
    show = _texts(table, "show", where)
    for column in show:
        if columns and column not in columns:
            raise SpecError(f"show in {where} names {column!r}, which is not a column")
    largest = table.get("largest_page", usual_largest(path))
    if not isinstance(largest, int) or isinstance(largest, bool) or not 1 <= largest <= MOST_ROWS:
        raise SpecError(f"largest_page in {where} must be a number of rows")
    shape = _choice(table, "shape", SHAPES, where, "data" if is_version_2(path) else "array")
    return TableSpec(
        name=name,
        path=path,
        scope=scope,  # type: ignore[arg-type]
        title=_text(table, "title", where, name),
        note=_text(table, "note", where, ""),
        remark=_text(table, "remark", where, ""),
        source=_source(table.get("source", ""), f"source in {where}"),
        columns=columns,
        others=_choice(table, "others", ("", "money"), where, ""),
        key=_text(table, "key", where, "id" if not columns or "id" in columns else ""),
        shared_key=_flag(table, "shared_key", where),
        show=show,
        query=tuple(dict.fromkeys(query)),
        parents=parents,
        overlaps=_overlaps(table, where),
        filters={
            one: _filter(one, described, f"filters.{one} in {where}")
            for one, described in _inner(table, "filters", where).items()
        },
        fixed={one: str(value) for one, value in _inner(table, "fixed", where).items()},
        views=_texts(table, "views", where),
        view_param=_text(table, "view_param", where, "view"),
        default_view=_text(table, "default_view", where, ""),
        sort=_text(table, "sort", where, ""),
        dates=_dates(table, where),
        paged=is_paged(shape, str(table.get("list_key", ""))),
        whole=_choice(table, "paging", ("page", "none"), where, "page") == "none",
        largest_page=largest,
        limited="largest_page" in table or largest < V1_LARGEST,
        shape=shape,
        list_key=_text(table, "list_key", where, ""),
        hides=_flag(table, "hides", where),
        alternates=_alternates(table, where),
        deprecated=_flag(table, "deprecated", where),
    )


def _check_path(path: str, where: str) -> None:
    if not _PATH.fullmatch(path) or "//" in path or "/../" in path:
        raise SpecError(f'path in {where} must be a path such as "/rest/v1.0/projects/{{project_id}}/rfis"')


def _parents(table: Mapping[str, Any], path: str, where: str) -> dict[str, tuple[str, ...]]:
    """Return the parameters that name rows of other tables; those of the path that nobody describes are among them."""
    parents = {}
    for one, of in _inner(table, "parents", where).items():
        told = of if isinstance(of, Mapping) else {"of": of}
        inside = f"parents.{one} in {where}"
        parents[one] = (
            _texts(told, "of", inside) if isinstance(told.get("of"), list) else (_text(told, "of", inside),)
        )
    for one in PLACEHOLDER.findall(path):
        if one not in SCOPE_IDS:
            parents.setdefault(one, ())
    return parents


def _overlaps(table: Mapping[str, Any], where: str) -> dict[str, Overlap]:
    """Return the parents that are described as showing the same again."""
    found = {}
    for one, of in _inner(table, "parents", where).items():
        if isinstance(of, Mapping):
            inside = f"parents.{one} in {where}"
            _known(of, _OVERLAP_KEYS, inside)
            found[one] = Overlap(_text(of, "called", inside), _text(of, "repeats", inside))
    return found


def _source(found: object, where: str) -> Source:
    if isinstance(found, str):
        return Source(_text({"source": found}, "source", where))
    told = _mapping(found, where)
    _known(told, _SOURCE_KEYS, where)
    return Source(
        _text(told, "described", where, ""),
        _choice(told, "seen", tuple(SEEN), where, "nothing"),
        _choice(told, "place", ("", *PLACES), where, ""),
        _text(told, "when", where, ""),
        _choice(told, "weight", ("", *WEIGHTS), where, ""),
    )


def _dates(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return the parameters that choose the days: all of them if the profile says true."""
    found = table.get("dates", False)
    if isinstance(found, bool):
        return DATES if found else ()
    if not isinstance(found, list) or not found or not all(one in DATES for one in found):
        raise SpecError(f"dates in {where} must be true, false or some of {', '.join(DATES)}")
    return tuple(found)


def _alternates(table: Mapping[str, Any], where: str) -> tuple[Alternate, ...]:
    where = f"alternates in {where}"
    found = table.get("alternates", [])
    if not isinstance(found, list):
        raise SpecError(f"{where} must be a list of tables")
    return tuple(_alternate(_mapping(one, where), where) for one in found)


def _alternate(told: Mapping[str, Any], where: str) -> Alternate:
    _known(told, _ALTERNATE_KEYS, where)
    path = _text(told, "path", where)
    _check_path(path, where)
    return Alternate(
        path,
        _choice(told, "when", ("gone", "fails", "empty"), where, "gone"),  # type: ignore[arg-type]
        _choice(told, "shape", SHAPES, where, "data" if is_version_2(path) else "array"),
        _text(told, "list_key", where, ""),
        _texts(told, "query_scope", where),
        _parents(told, path, where),
        _texts(told, "takes", where),
    )


def _filter(name: str, found: object, where: str) -> Filter:
    if isinstance(found, str):
        found = {"kind": found}
    described = _mapping(found, where)
    _known(described, _FILTER_KEYS, where)
    choices = described.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(one, (str, int)) for one in choices):
        raise SpecError(f"choices in {where} must be a list of texts or numbers")
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
    path = str(line["path"])
    usual = usual_largest(path)
    return TableSpec(
        name=line["name"],
        path=path,
        scope=line["scope"],
        title=line["title"],
        source=Source("probable: not checked yet"),
        query=tuple(line.get("required", ())),
        parents=dict.fromkeys(line.get("parents", ()), ()),
        filters=filters,
        views=tuple(line.get("views", ())),
        view_param=line.get("view_param", "view"),
        sort=line.get("sort", ""),
        dates=DATES if line.get("dates") else (),
        paged=is_paged(line.get("shape", "array"), line.get("list_key", "")),
        # A list with a limit and no pages is found out by its repeated rows.
        whole=line["paging"] == "none",
        largest_page=largest or usual,
        limited=bool(largest) or usual < V1_LARGEST,
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
        raise SpecError(f"[records.{name}] contains itself")
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
        raise SpecError(f"{where} must be a table")
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
        raise SpecError(f"{key} in {where} must be a text")
    return value


def _texts(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise SpecError(f"{key} in {where} must be a list of texts")
    return tuple(value)


def _flag(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"{key} in {where} must be true or false")
    return value


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str, default: str) -> str:
    value = table.get(key, default)
    if value not in choices:
        raise SpecError(f"{key} in {where} must be one of {', '.join(choices)}")
    return str(value)
