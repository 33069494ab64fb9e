"""Rows of JSON as lists give them, and worse: made at random from a seed, written by hand, so that each number is exact."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Make = Callable[[random.Random], str]
"""Makes one value, as it is written in JSON."""

TEXTS = (
    "open", "", " ", "007", "12", "1.50", "true", "null", "2026", "2026-02-30", "2026-11-31T00:00:00Z", "N/A", "0x10", "NaN",
    "a\tb\nc", "nul\x00in it", "“quoted” \\ \"", "漢字", "e\u0301", "\U0001f3d7", "\u202eevil", "\u2028", "<b>&amp;</b>", "x" * 300,
)  # fmt: skip


def text(value: str, chance: random.Random) -> str:
    """Return a text as it is written in JSON: with escapes, or as it is."""
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def _text(chance: random.Random) -> str:
    return text(chance.choice(TEXTS), chance)


def _id(chance: random.Random) -> str:
    return str(chance.choice((1, 4711, 562949953421312, 2**53 + 1, 2**63 - 1)) - chance.randrange(1))


def _small(chance: random.Random) -> str:
    return str(chance.randrange(-5, 5000))


def _huge(chance: random.Random) -> str:
    return chance.choice(("9" * 25, str(2**63), str(-(2**63) - 1), str(2**64), "-" + "8" * 60, "-0"))


def _ratio(chance: random.Random) -> str:
    return chance.choice(("0.5", "-0.25", "1.0", "100.00", "1e3", "1.5E-7", "12345.678901", "-0.0", "0.1"))


def _long_ratio(chance: random.Random) -> str:
    return chance.choice((
        "1e400", "-1.5e309", "1e-400", "9007199254740993.0", "123456789012345678901.5", "1234567890123.4567",
        "0.12345678901234567891",
    ))  # fmt: skip


def _amount(chance: random.Random) -> str:
    return f"{chance.randrange(-(10**9), 10**9)}.{chance.randrange(100):02}"


def _fine_amount(chance: random.Random) -> str:
    return chance.choice(
        ("0.123456789012", "12345678901234567890.1234", "1.23456", "99999999999999.9999", "3e2", "1e-7", "0.0000000000001")
    )  # fmt: skip


def _noise(chance: random.Random) -> str:
    """Return a number as a program writes it that calculates with doubles."""
    found = chance.choice((0.1 + 0.2, 100 / 3, 2 / 3, 1234.56 * 3, 5e-14 / 7, chance.uniform(-1e5, 1e5)))
    return chance.choice((repr(found), f"{found:.17g}", f"{found:.20f}"))


def _code(chance: random.Random) -> str:
    return chance.choice(("1.1", "1.10", "1.2", "01.20", "1.20", "2.0", "2", "0.0", "0"))


def _number_code(chance: random.Random) -> str:
    return chance.choice(("1.1", "1.10", "1.2", "1.20", "2.0", "2", "1e1", "10.0", "-0.0"))


def _keyed(chance: random.Random) -> str:
    """Return a record whose fields are called by ids."""
    return _object({f"user_{chance.randrange(10**6)}": _one_of(_small, _number_code)}, chance)


def _day(chance: random.Random) -> str:
    return f'"{chance.randrange(1970, 2100)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"'


def _moment(chance: random.Random) -> str:
    day = _day(chance).strip('"')
    time = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    fraction = chance.choice(("", "", ".5", ".123", ".123456"))
    zone = chance.choice(("Z", "Z", "Z", "+00:00", "-08:00", "+0530", ""))
    return f'"{day}T{time}{fraction}{zone}"'


def _odd_moment(chance: random.Random) -> str:
    return chance.choice(
        (
            '"2026-11-23T17:04:05.123456789Z"', '"2026-11-23T17:04:05.1234560-08:00"', '"2026-11-23T17:04:05.1234567"', '"2026-11-23 17:04:05"', '"2026-11-23T24:30:00Z"', '"2026-11-23T17:04Z"',
            '"0000-01-01"', '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"', '"2016-12-31T23:59:60Z"',
            '"2026-11-23T17:04:05 PST"', '"11/23/2026"', '"10000-01-01"', '"1899-12-30T00:00:00Z"', '"9999-12-31T23:59:59-08:00"',
            '"0000-12-31T00:00:00Z"', '"2026-11-23T17:04:05+25:00"',
        )
    )  # fmt: skip


def _quoted(make: Make) -> Make:
    return lambda chance: f'"{make(chance)}"'


def _or_blank(make: Make) -> Make:
    return lambda chance: '""' if chance.random() < 0.3 else make(chance)


def _or_null(make: Make) -> Make:
    return lambda chance: "null" if chance.random() < 0.3 else make(chance)


def _flag(chance: random.Random) -> str:
    return chance.choice(("true", "false"))


def _list_of(make: Make) -> Make:
    return lambda chance: f"[{', '.join(make(chance) for _ in range(chance.randrange(4)))}]"


def _one_of(*makes: Make) -> Make:
    return lambda chance: chance.choice(makes)(chance)


def _record(chance: random.Random) -> str:
    fields = {
        "id": _one_of(_id, _quoted(_small)),
        "name": _text,
        "login": _text,
        "due_on": _or_blank(_day),
        "total": _one_of(_amount, _quoted(_amount)),
        "deep": _list_of(_deep),
    }
    return _object({name: make for name, make in fields.items() if chance.random() < 0.7}, chance)


def _whole_record(chance: random.Random) -> str:
    fields: dict[str, Make] = {
        "id": _id,
        "name": _or_null(_text),
        "login": _text,
        "due_on": _or_null(_day),
        "total": _quoted(_amount),
        "at": _moment,
        "tags": _list_of(_text),
        "steps": _list_of(_step),
    }
    return _object(fields, chance)


def _step(chance: random.Random) -> str:
    return _object({"id": _id, "share": _ratio, "on": _or_null(_day)}, chance)


def _deep(chance: random.Random) -> str:
    value = _one_of(_small, _text, _day, _ratio, _huge, _list_of(_text))(chance)
    for _ in range(chance.choice((0, 1, 3, 14, 40))):
        value = chance.choice(('{"in": %s}', "[%s]", '{"in": %s, "id": "7"}')) % value
    return value


def _custom_fields(chance: random.Random) -> str:
    """Return a row's custom fields: few are there, some have no label, and now and then the form is another one."""
    kinds = {
        "string": _text, "boolean": _flag, "decimal": _one_of(_quoted(_amount), _amount), "date": _day, "datetime": _moment,
        "lov_entry": _record, "lov_entries": _list_of(_record), "integer": _small,
    }  # fmt: skip
    fields: dict[str, Make] = {}
    for number, kind in enumerate(kinds, 17):
        if chance.random() < 0.6:
            made = _or_null(kinds[kind]) if chance.random() < 0.97 else ANY
            fields[f"custom_field_{number}"] = _envelope(kind, made)
    if chance.random() < 0.01:
        fields[chance.choice(("custom_field_18", "other"))] = ANY
    return _object(fields, chance)


def _envelope(kind: str, value: Make) -> Make:
    return lambda chance: _object({"data_type": lambda _: f'"{kind}"', "value": value}, chance)


def _object(fields: dict[str, Make], chance: random.Random) -> str:
    """Return an object with its fields in any order."""
    names = [*fields]
    chance.shuffle(names)
    colon, comma = chance.choice(((":", ","), (": ", ", "), (" :\n  ", " ,\r\n")))
    return "{" + comma.join(f"{text(name, chance)}{colon}{fields[name](chance)}" for name in names) + "}"


PLAIN: tuple[Make, ...] = (
    _id, _quoted(_id), _small, _quoted(_small), _ratio, _amount, _quoted(_amount), _one_of(_amount, _quoted(_amount), _small),
    _flag, _text, _day, _moment, _or_blank(_day), _or_blank(_moment), _or_blank(_quoted(_amount)), _or_blank(_quoted(_small)),
    _record, _list_of(_record), _list_of(_small), _list_of(_text), _list_of(_or_null(_record)), _list_of(_day),
)  # fmt: skip
ODD: tuple[Make, ...] = (
    _huge, _quoted(_huge), _long_ratio, _noise, _quoted(_noise), _quoted(_code), _number_code, _keyed, _list_of(_keyed), _quoted(_ratio), _fine_amount, _quoted(_fine_amount), _odd_moment, _deep,
    _one_of(_day, _moment), _one_of(_small, _ratio), _one_of(_small, _text), _list_of(_deep), _list_of(_list_of(_or_null(_small))),
    lambda chance: "{}", lambda chance: "[]", lambda chance: "null", lambda chance: '""', _one_of(_flag, _small),
)  # fmt: skip
ANY = _one_of(*PLAIN, *ODD)
STEADY: tuple[Make, ...] = (
    _id, _quoted(_id), _small, _ratio, _amount, _quoted(_amount), _flag, _text, _day, _moment, _or_blank(_day), _or_blank(_moment),
    _odd_moment, _quoted(_fine_amount), _whole_record, _list_of(_whole_record), _list_of(_small), _list_of(_text),
    _list_of(_moment), _list_of(_amount), _list_of(_or_null(_step)),
)  # fmt: skip

KINDS: dict[str, tuple[Make, ...]] = {
    "id": (_id, _quoted(_id), _one_of(_id, _quoted(_small))),
    "int": (_small, _quoted(_small)),
    "float": (_ratio, _one_of(_ratio, _small)),
    "bool": (_flag,),
    "text": (_text, _or_blank(_text)),
    "money": (
        _quoted(_amount),
        _amount,
        _or_blank(_quoted(_amount)),
        _small,
        _one_of(_quoted(_amount), _noise),
    ),
    "decimal": (_quoted(_amount), _amount, _quoted(_ratio), _ratio, _one_of(_amount, _quoted(_noise))),
    "date": (_day, _or_blank(_day)),
    "timestamp": (_moment, _or_blank(_moment), _one_of(_moment, _day)),
    "person": (_whole_record, _record),
    "[person]": (_list_of(_whole_record), _list_of(_record)),
    "[id]": (_list_of(_id), _list_of(_quoted(_id))),
    "record": (_whole_record, _record),
    "list": (_list_of(_small), _list_of(_record)),
    "any": (_text, _record, _list_of(_small), _ratio),
}
LABELS = {17: "Discipline", 18: "Back Charge", 19: "Cost", 20: "Cost", 21: " Done at ", 22: ""}
"""Of custom fields: two have the same one, some none."""

RECORDS = {"person": {"id": "id", "name": "text", "login": "text", "due_on": "date", "total": "money"}}

NAMES = (
    "id",
    "vendor_id",
    "origin_id",
    "due_date",
    "total",
    "name",
    "a.b",
    "",
    "漢",
    "nul\x00",
    "_written",
    "_unfit_",
    "_extra",
    "_unfit",
    "value",
    "x" * 90,
)


@dataclass(frozen=True)
class Rows:
    """Rows, and what the catalog declares of them.

    Parameters
    ----------
    rows : sequence of bytes
        Each as it is written.
    columns : mapping of str to str
        The declared kinds; of some columns only.
    """

    rows: Sequence[bytes]
    columns: dict[str, str]


def random_rows(chance: random.Random, count: int) -> Rows:
    """Return rows whose columns change their type now and then."""
    columns: dict[str, str] = {}
    phases: dict[str, list[tuple[int, Make, float]]] = {}
    steady = chance.random() < 0.6
    for name in chance.sample(NAMES[: -6 if steady else None], chance.randrange(1, 8)):
        makes = STEADY if steady else chance.choice((PLAIN, PLAIN, ODD))
        if chance.random() < 0.6 and not name.startswith("_"):
            columns[name] = chance.choice([*KINDS])
            makes = KINDS[columns[name]][:1] if steady else KINDS[columns[name]]
        changes = chance.choice((0, 0, 0, 0, 1) if steady else (0, 0, 1, 2))
        begins = [0, *sorted(chance.randrange(count + 1) for _ in range(changes))]
        missing = 0.0 if steady else chance.choice((0.0, 0.05, 0.5))
        phases[name] = [
            (at, chance.choice(makes) if number == 0 else chance.choice((ANY, *STEADY)), missing)
            for number, at in enumerate(begins)
        ]
    if chance.random() < 0.2:
        columns["custom_fields"] = "custom_fields"
        phases["custom_fields"] = [(0, _custom_fields, chance.choice((0.0, 0.3)))]
    rows = []
    for at in range(count):
        fields: dict[str, Make] = {}
        for name, some in phases.items():
            _, make, missing = next(phase for phase in reversed(some) if phase[0] <= at)
            if chance.random() < missing:
                if chance.random() < 0.5:
                    continue
                make = _null
            fields[name] = make
        row = _object(fields, chance)
        if fields and chance.random() < (
            0.0005 if steady else 0.02
        ):  # a name twice: the last counts, as for Python
            name = chance.choice([*fields])
            row = f"{row[:-1]}, {text(name, chance)}: {fields[name](chance)}}}"
        rows.append(row.encode())
    return Rows(rows, columns)


def _null(chance: random.Random) -> str:
    return "null"
