"""What has become of a value: is it still there? Found out by Python alone, and not by what reads the rows."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.tables.json_rows import LABELS, RECORDS

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_AMOUNT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# Of two with one label, the one that is met first has it, and the other one its number too.
CALLED = [
    {
        f"custom_field_{number}": (f"{label} ({number})" if number == second else label.strip())
        or f"custom_field_{number}"
        for number, label in LABELS.items()
    }
    for second in (19, 20)
]
"""What custom fields are called in the rows: one of these."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def parsed(written: bytes | str) -> Any:
    """Return JSON as Python has it, each number exactly."""
    return json.loads(written, parse_float=Decimal)


def moment(written: str) -> datetime.datetime | None:
    """Return the time that a text means, in UTC; None where it is none."""
    found = _MOMENT.fullmatch(written)
    if found is None:
        return None
    *numbers, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
    try:
        naive = datetime.datetime(
            year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0"))
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
        return not isinstance(got, str) and same(sent, got, kind)
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


def _same_custom_fields(sent: dict[str, Any], got: Any) -> bool:
    if isinstance(got, str):
        got = parsed(got)
    if not isinstance(got, dict):
        return False
    for called in CALLED:
        labelled = _labelled(sent, called)
        kinds = {
            called.get(name, name): "decimal"
            for name, value in sent.items()
            if isinstance(value, dict) and value.get("data_type") == "decimal"
        }
        right = all(same(value, got.get(name), kinds.get(name, "")) for name, value in labelled.items())
        if right and all(is_nothing(got[name]) for name in got.keys() - labelled.keys()):
            return True
    return False


def _labelled(sent: dict[str, Any], called: dict[str, str]) -> dict[str, Any]:
    """Return custom fields as values by label, each out of the envelope that tells its type."""
    return {
        called.get(name, name): value["value"]
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
        return float(sent) == got and (not isinstance(sent, int) or Decimal(got) == sent)
    if isinstance(got, (int, Decimal)):
        return Decimal(sent) == Decimal(got)
    if isinstance(got, str) and _NUMBER.fullmatch(got):
        # Read as a double before: the nearest one's shortest text.
        return Decimal(got) == sent or (isinstance(sent, Decimal) and float(got) == float(sent))
    return False


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
        return _AMOUNT.fullmatch(sent) is not None and Decimal(sent) == got
    if isinstance(got, datetime.datetime):
        return moment(sent) == got
    if isinstance(got, datetime.date):
        return sent == got.isoformat()
    if isinstance(got, str):
        if kind in ("money", "decimal") and _AMOUNT.fullmatch(sent) and _NUMBER.fullmatch(got):
            return Decimal(sent) == Decimal(got)
        return moment(sent) is not None and moment(sent) == moment(got)
    return False


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
                right = same(value, came, kind)
            if not right:
                wrong.append(f"row {place}, {name!r} ({kind}): {value!r:.200} became {came!r:.200}")
        for name, came in [*got.items(), *unfit.items(), *extra.items()]:
            if not is_nothing(came):
                wrong.append(f"row {place}: {name!r} came from nowhere: {came!r:.200}")
    return wrong


def _own(name: str) -> str:
    """Return what a column is called here: two names are ours."""
    return f"{name}_" if name in ("_unfit", "_extra") else name


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
    return type(sent) is type(got) and bool(sent == got)


def within(got: Any, sent: Any, kind: str = "") -> bool:
    """Tell whether a value has nothing but parts of what was sent."""
    if got is None:
        return True
    if kind == "custom_fields" and isinstance(sent, dict):
        return any(within(got, _labelled(sent, called)) for called in CALLED)
    if isinstance(got, dict) and isinstance(sent, dict):
        fields = RECORDS.get(kind, {})
        return all(within(value, sent.get(name), fields.get(name, "")) for name, value in got.items())
    if isinstance(got, list) and isinstance(sent, list):
        return len(got) == len(sent) and all(
            within(one, other, kind[1:-1]) for one, other in zip(got, sent, strict=True)
        )
    return same(sent, got, kind)
