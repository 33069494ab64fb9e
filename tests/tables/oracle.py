"""What has become of a value: is it still there? Found out by Python alone, and not by what reads the rows."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

from tests.tables.json_rows import LABELS, RECORDS

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,18}))?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# Of two with one label, the older one has it, and the other one its number too.
CALLED = {
    f"custom_field_{number}": (f"{label} (20)" if number == 20 else label.strip()) or f"custom_field_{number}"
    for number, label in LABELS.items()
}
"""What custom fields are called in the rows."""


class Sent(Decimal):
    """A number with a point or an exponent, and how it is written."""

    written: str

    def __new__(cls, written: str) -> Sent:
        made = super().__new__(cls, written)
        made.written = written
        return made


def parsed(written: bytes | str) -> Any:
    """Return JSON as Python has it, each number exactly and as it is written."""
    return json.loads(written, parse_float=Sent)


def moment(written: str) -> datetime.datetime | None:
    """Return the time that a text means, in UTC; None where it is none."""
    found = _MOMENT.fullmatch(written)
    if found is None:
        return None
    *numbers, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
    try:
        naive = datetime.datetime(
            year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")[:6])
        )
        offset = datetime.timedelta()
        if zone and zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            offset = (-1 if zone[0] == "-" else 1) * datetime.timedelta(hours=hours, minutes=minutes)
        return (naive - offset).replace(tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        return None


def same(sent: Any, got: Any, kind: str = "") -> bool:
    """Tell whether a value says what was sent.

    Parameters
    ----------
    sent : object
        As `parsed`.
    got : object
        As Arrow hands it to Python; or, inside a text of JSON, as `parsed`.
    kind : str
        What the catalog declares; empty where nothing.
    """
    if kind == "custom_fields" and isinstance(sent, dict):
        return same(sent, got) or _same_custom_fields(sent, got)
    inner = kind[1:-1] if kind.startswith("[") else ""
    if sent is None:
        return is_nothing(got)
    if isinstance(sent, bool):
        return got is sent or got == ("true" if sent else "false")
    if isinstance(sent, (int, Decimal)):
        return _same_number(sent, got)
    if isinstance(sent, str):
        return _same_text(sent, got, kind)
    if isinstance(got, str):
        try:
            got = parsed(got)
        except ValueError:
            return False
        return _same_json(sent, got)
    if isinstance(sent, list):
        if not isinstance(got, list) or len(sent) != len(got):
            return False
        return all(same(one, other, inner) for one, other in zip(sent, got, strict=True))
    if got is None:
        return not sent  # an empty object, in a column of nothing else
    if not isinstance(got, dict):
        return False
    fields = RECORDS.get(kind, {})
    return all(same(value, got.get(name), fields.get(name, "")) for name, value in sent.items()) and all(
        is_nothing(got[name]) for name in got.keys() - sent.keys()
    )


def _same_json(sent: Any, got: Any) -> bool:
    """Tell whether a text of JSON says what was sent, numbers to the letter.

    A field that is null may be left out, and a number may be in quotes or not.
    """
    if isinstance(sent, dict):
        return isinstance(got, dict) and all(
            _same_json(sent.get(name), got.get(name)) for name in {*sent, *got}
        )
    if isinstance(sent, list):
        return isinstance(got, list) and len(sent) == len(got) and all(map(_same_json, sent, got))
    return exact(sent, got) or (None not in (sent, got) and _letters(sent) == _letters(got))


def _letters(value: Any) -> str:
    """Return what is written between the quotes, if there are any."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.written if isinstance(value, Sent) else str(value)


def _same_custom_fields(sent: dict[str, Any], got: Any) -> bool:
    if isinstance(got, str):
        got = parsed(got)
    if not isinstance(got, dict):
        return False
    labelled = _labelled(sent)
    kinds = {
        CALLED.get(name, name): "decimal"
        for name, value in sent.items()
        if isinstance(value, dict) and value.get("data_type") == "decimal"
    }
    right = all(same(value, got.get(name), kinds.get(name, "")) for name, value in labelled.items())
    return right and all(is_nothing(got[name]) for name in got.keys() - labelled.keys())


def _labelled(sent: dict[str, Any]) -> dict[str, Any]:
    """Return custom fields as values by label, each out of the envelope that tells its type."""
    return {
        CALLED.get(name, name): value["value"]
        if isinstance(value, dict) and value.keys() == {"data_type", "value"}
        else value
        for name, value in sent.items()
    }


def is_nothing(got: Any) -> bool:
    """Tell whether a value says nothing: null, or a record of nulls."""
    return got is None


def _same_number(sent: int | Decimal, got: Any) -> bool:
    if isinstance(got, bool):
        return False
    if isinstance(got, float):
        return Decimal(got) == sent if isinstance(sent, int) else sent in _names_of(got)
    if isinstance(got, (int, Decimal)):
        return Decimal(sent) == Decimal(got) or _is_rounded(Decimal(sent), got)
    return bool(got == (sent.written if isinstance(sent, Sent) else str(sent)))


def _names_of(double: float) -> tuple[Decimal, ...]:
    """Return the numbers that are written for a double."""
    return (Decimal(repr(double)), Decimal(f"{double:.17g}"), Decimal(f"{double:.20f}"), Decimal(double))


def _is_rounded(sent: Decimal, got: int | Decimal) -> bool:
    """Tell whether a number is another one that a calculation with doubles gave, rounded to its places."""
    exponent = got.as_tuple().exponent if isinstance(got, Decimal) else 0
    _, digits, places = sent.normalize(Context(prec=800)).as_tuple()
    assert isinstance(exponent, int) and isinstance(places, int)
    noisy = len(digits) > 15 and places < -12 and sent in _names_of(float(sent))
    return noisy and abs(got - sent) <= Decimal(5).scaleb(exponent - 1)


def _same_text(sent: str, got: Any, kind: str) -> bool:
    if got == sent:
        return True
    if kind == "text":
        return False
    if got is None:
        return sent == ""
    if isinstance(got, bool):
        return False
    if isinstance(got, (int, float)):
        return sent == str(int(got)) and int(got) == got
    if isinstance(got, Decimal):
        if _AMOUNT.fullmatch(sent) is None:
            return False
        return Decimal(sent) == got or _is_rounded(Decimal(sent), got)
    if isinstance(got, datetime.datetime):
        return moment(sent) == got
    return isinstance(got, datetime.date) and sent == got.isoformat()


def lost(
    rows: Sequence[bytes], columns: dict[str, str], found: Sequence[dict[str, Any]], *, frozen: bool = False
) -> list[str]:
    """Return what of rows isn't found again, in words; nothing where all is.

    Parameters
    ----------
    rows : sequence of bytes
        As they were sent.
    columns : mapping of str to str
        The declared kinds.
    found : sequence of dict
        The rows that came of them.
    frozen : bool
        Whether what didn't fit may stand in ``_unfit`` and ``_extra``.
    """
    if len(rows) != len(found):
        return [f"{len(rows)} rows were sent, and {len(found)} came"]
    wrong = []
    texts = {name for got in found for name, value in got.items() if isinstance(value, str)}
    read_as: dict[tuple[str, Decimal], str] = {}
    for place, (written, got) in enumerate(zip(rows, found, strict=True)):
        sent = parsed(written)
        got = dict(got)
        unfit, extra = (
            parsed(got.pop(name, None) or "{}") if frozen else {} for name in ("_unfit", "_extra")
        )
        for name, value in sent.items():
            kind, name = columns.get(name, ""), _own(name)
            came = got.pop(name, None)
            if name in unfit:
                right = came is None and exact(value, unfit.pop(name))
            elif name in extra:
                right = within(came, value, kind) and exact(value, extra.pop(name))
            else:
                right = same(value, came, kind) and not (name in texts and value == "" and came is None)
                if (
                    kind == ""
                    and isinstance(value, str)
                    and isinstance(came, Decimal)
                    and came == Decimal(value) != 0
                ):
                    right = right and read_as.setdefault((name, came), value) == value  # else they are codes
            if not right:
                wrong.append(f"row {place}, {name!r} ({kind}): {value!r:.200} became {came!r:.200}")
        for name, came in [*got.items(), *unfit.items(), *extra.items()]:
            if not is_nothing(came):
                wrong.append(f"row {place}: {name!r} came from nowhere: {came!r:.200}")
    return wrong


def _own(name: str) -> str:
    """Return what a column is called here: three names are ours."""
    return f"{name}_" if name.rstrip("_") in ("_unfit", "_extra", "_written") else name


def exact(sent: Any, got: Any) -> bool:
    """Tell whether a value was kept as it is, to its types."""
    if isinstance(sent, dict):
        return (
            isinstance(got, dict)
            and sent.keys() == got.keys()
            and all(exact(sent[name], got[name]) for name in sent)
        )
    if isinstance(sent, list):
        return isinstance(got, list) and len(sent) == len(got) and all(map(exact, sent, got))
    if isinstance(sent, Sent):
        return isinstance(got, Sent) and sent.written == got.written
    return type(sent) is type(got) and bool(sent == got)


def within(got: Any, sent: Any, kind: str = "") -> bool:
    """Tell whether a value has nothing but parts of what was sent."""
    if got is None:
        return True
    if kind == "custom_fields" and isinstance(sent, dict):
        return within(got, _labelled(sent))
    if isinstance(got, dict) and isinstance(sent, dict):
        fields = RECORDS.get(kind, {})
        return all(within(value, sent.get(name), fields.get(name, "")) for name, value in got.items())
    if isinstance(got, list) and isinstance(sent, list):
        return len(got) == len(sent) and all(
            within(one, other, kind[1:-1]) for one, other in zip(got, sent, strict=True)
        )
    return same(sent, got, kind)
