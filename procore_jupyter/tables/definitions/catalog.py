"""`Catalog`: the tables that a profile has, found by name or by address."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from procore_jupyter import profiles
from procore_jupyter.errors import ConfigurationError, TableNotFound
from procore_jupyter.profiles import Profile, built_in_tables
from procore_jupyter.profiles.kept_facts import Tables, with_facts
from procore_jupyter.tables.definitions.spec import PROJECT_NAME, TableSpec
from procore_jupyter.tables.definitions.toml import SpecError, probable_spec, records_from, spec_from
from procore_jupyter.wording import nearest

if TYPE_CHECKING:
    import pyarrow as pa

_WORDS = re.compile(r"[\W_]+")

MOST_NAMED = 5
"""Tables that an error names if several may have been meant."""


class Catalog:
    """The tables of one profile. Hand-made tables and a person's own come before those of the long tail.

    Parameters
    ----------
    profile : Profile
        The profile of the connection.
    kept : mapping or None
        What a check has found of tables and a person has kept (`kept_facts`): it counts before the profile.

    Raises
    ------
    ConfigurationError
        The profile describes a table wrongly, or what is kept does; the message says where.
    """

    def __init__(self, profile: Profile, kept: Tables | None = None) -> None:
        kept = kept or {}
        self.tables: Mapping[str, TableSpec] = {}
        """The hand-made tables and a person's own, by name."""
        self.records: Mapping[str, Mapping[str, str]] = {}
        """The kinds of each record's fields, by the record's name."""
        tables, records = built_in_tables.described() if profile.has_procores_tables else ({}, {})
        try:
            self.records = records_from({**records, **profile.records})
            self.tables = {
                name: spec_from(
                    name,
                    with_facts(found, kept[name]) if name in kept and isinstance(found, dict) else found,
                    self.records,
                )
                for name, found in {**tables, **profile.tables}.items()
            }
        except SpecError as error:
            hint = (
                "  (procore-jupyter status --paths  shows where a check keeps what it found)" if kept else ""
            )
            raise ConfigurationError(f"The profile {profile.name} is wrong: {error}.{hint}") from None
        self._has_long_tail = profile.has_procores_tables

    @functools.cached_property
    def probable(self) -> Mapping[str, TableSpec]:
        """The long tail, by name: lists known from the API's description alone, which nobody has checked."""
        if not self._has_long_tail:
            return {}
        by_hand = {spec.path for spec in self.tables.values()}
        lines = [line for line in built_in_tables.long_tail() if line["path"] not in by_hand]
        taken = {*self.tables, *(line["name"] for line in lines)}
        found = {}
        for line in lines:
            name = line["name"]
            if name in self.tables:  # of another list
                name = next(f"{name}_{n}" for n in itertools.count(2) if f"{name}_{n}" not in taken)
            found[name] = probable_spec({**line, "name": name})
        return found

    def find(self, name: str) -> TableSpec:
        """Return a table by its name.

        Raises
        ------
        TableNotFound
            No table has that name; the message names the nearest.
        """
        found = self.tables.get(name) or self.probable.get(name)
        if found is not None:
            return found
        raise TableNotFound(f"There is no table {name!r:.80}. {self._hint(name)}")

    def _hint(self, name: str) -> str:
        """Return which table may be meant: one whose name differs in case and blanks alone, else a hand-made one, else any."""
        bare = _WORDS.sub("", name.casefold())
        for one in (*self.tables, *self.probable):
            if bare and _WORDS.sub("", one) == bare:
                return f"Did you mean {one}?"
        for tables in (self.tables, self.probable):
            like = _with_its_words(name, tables)
            if len(like) > 1:
                return f"There are {', '.join(like[:MOST_NAMED])}."
            meant = like[0] if like else nearest(name, tables)
            if meant:
                return f"Did you mean {meant}?"
        return "%procore_tables lists them, and procore.get_all(path) reads any list."

    def at(self, path: str) -> tuple[TableSpec, Mapping[str, str]] | None:
        """Return the table at an address, with the parameters in the address; None if no table is known there."""
        for pattern, spec in self._addresses:
            found = pattern.fullmatch(path)
            if found is not None:
                return spec, found.groupdict()
        return None

    @functools.cached_property
    def _addresses(self) -> list[tuple[re.Pattern[str], TableSpec]]:
        # A table with fixed parameters is only a part of the list at its address.
        specs = [*(spec for spec in self.tables.values() if not spec.fixed), *self.probable.values()]
        specs.sort(key=lambda spec: len(spec.in_path))  # `…/rfis/recycle_bin` before `…/rfis/{id}`
        return [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(spec.path))), spec)
            for spec in specs
        ]

    def above(self, spec: TableSpec) -> Iterator[TableSpec]:
        """Give the tables whose rows are a table's parents, and those above them."""
        for of in itertools.chain(*spec.parents.values()):
            parent = self.find(of.partition(".")[0])
            yield parent
            yield from self.above(parent)

    def schema(self, spec: TableSpec) -> pa.Schema:
        """Return a table's columns and their types as they are known before fetching.

        The columns are those of `TableSpec.known_columns`, in the order of a fetched table; none if what arrives
        decides. A column of an open kind (``any``, ``record``, ``custom_fields``) is text, as in a fetched table that
        has no value in it.
        """
        import pyarrow as pa

        from procore_jupyter.tables.arrow.types import of_kind, settled, widened

        types = {name: of_kind(kind, self.records) for name, kind in spec.columns.items()}
        for name in spec.place_columns:
            for of in spec.parents.get(name) or ("",):
                table, _, column = of.partition(".")
                parent = self.tables.get(table)
                kind = parent.columns.get(column, "id") if parent else "id"
                types[name] = widened(types.get(name, pa.null()), of_kind(kind, self.records))
        types.setdefault(PROJECT_NAME, pa.string())
        return pa.schema([(name, settled(types[name])) for name in spec.known_columns])

    def search(self, pattern: str = "") -> Iterator[TableSpec]:
        """Give the tables that match a pattern, those of the long tail last; without a pattern, the hand-made ones.

        Words have to stand in the table's name, title or note; the shell's wildcards have to match its name.
        """
        if not pattern:
            yield from self.tables.values()
            return
        if any(sign in pattern for sign in "*?["):
            import fnmatch

            matches = functools.partial(_wildcards, re.compile(fnmatch.translate(pattern.casefold())))
        else:
            matches = functools.partial(
                _has_words, [word for word in _WORDS.split(pattern.casefold()) if word]
            )
        for spec in (*self.tables.values(), *self.probable.values()):
            if matches(spec):
                yield spec


@functools.cache
def built_in() -> Catalog:
    """Return the tables that come with the package, for who isn't connected yet and has no profile of their own."""
    return Catalog(profiles.load("Procore")[0])


def _with_its_words(name: str, tables: Mapping[str, TableSpec]) -> list[str]:
    words = [word.removesuffix("s") for word in _WORDS.split(name.casefold()) if len(word) > 2]
    texts = {one: f"{one} {spec.title}".casefold() for one, spec in tables.items()}
    return [one for one, text in texts.items() if words and all(word in text for word in words)]


def _wildcards(pattern: re.Pattern[str], spec: TableSpec) -> bool:
    return pattern.fullmatch(spec.name) is not None


def _has_words(words: list[str], spec: TableSpec) -> bool:
    text = f"{spec.name} {spec.title} {spec.note}".casefold()
    return bool(words) and all(word in text for word in words)
