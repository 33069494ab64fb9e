"""What happens to a row happens in order, in every list: it is created, things happen to it, and that is its last change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from procore_jupyter.demo.company import daily_logs, directory, rfis
from procore_jupyter.demo.company.records import LAST_DAY, Records, Site
from procore_jupyter.demo.company.rows import Row, RowPlace
from tests.demo.listing import EVER, HARBOR_TOWER, Lists

# Days that may lie ahead of everything that has happened.
PLANNED = re.compile(
    r"(.*_)?(due|due_date|due_at|deadline_date|compliance_due|submit_by|required_on_site_date|delivery_date|start_date"
    r"|start_datetime|finish_date|finish_datetime|completion_date|projected_finish_date|baseline_start|baseline_finish"
    r"|end_date|period_end|requisition_end|warranty_start_date|value)"
)
# Days that may lie before a row was written: what it tells of, and what somebody else had done before.
TOLD_OF = re.compile(
    r"date|datetime|log_date|drawing_date|issued_date|received_date|contract_date|.*start.*|.*finish.*|event_date|time"
    r"|time_in|time_out|value|last_login_at|taken_at|billing_date|ends_at|_log_date|requisition_start|period_start"
    r"|completion_date|estimated_completion_date"
)
DAY = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


def days(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Return all days and moments in a row with their names, but for those of other rows that it shows."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in (
                "location",
                "timecard_entries",
                "meeting_categories",
                "custom_fields",
                "current_revision",
            ):
                yield from days(inner, key)
    elif isinstance(value, list):
        for one in value:
            yield from days(one, name)
    elif isinstance(value, str) and DAY.fullmatch(value):
        yield name, value


def is_before(one: str, other: str) -> bool:
    """Tell whether a day or moment is before another one; of the same day if one of them tells no more."""
    size = min(len(one), len(other))
    return one[:size] < other[:size]


def test_nothing_happens_before_a_row_is_created_or_after_its_last_change(held: dict[str, list[Row]]) -> None:
    seen: Counter[str] = Counter()
    for path, rows in held.items():
        for row in rows:
            created, changed = row.get("created_at"), row.get("updated_at")
            for name, value in days(row):
                seen[path] += 1
                if created and not TOLD_OF.fullmatch(name):
                    assert not is_before(value, created), (path, name, value, created)
                if changed and not PLANNED.fullmatch(name):
                    assert not is_before(changed, value), (path, name, value, changed)
    assert len(seen) > 60


def test_what_has_happened_has_happened_by_the_last_day(held: dict[str, list[Row]]) -> None:
    for path, rows in held.items():
        for row in rows:
            for name, value in days(row):
                if not PLANNED.fullmatch(name):
                    assert value[:10] <= LAST_DAY.isoformat(), (path, name, value)


def test_what_begins_ends_later(held: dict[str, list[Row]]) -> None:
    for path, rows in held.items():
        for row in rows:
            named = dict(days(row))
            for name, begin in named.items():
                for start, end in (
                    ("start", "finish"),
                    ("start", "end"),
                    ("starts", "ends"),
                    ("_in", "_out"),
                ):
                    other = named.get(name.replace(start, end))
                    if start in name and other is not None:
                        assert not is_before(other, begin), (path, name)


def test_a_record_says_the_same_of_its_time_in_each_list(
    held: dict[str, list[Row]], records: Records
) -> None:
    told: dict[tuple[str, object], tuple[str, str]] = {}
    for path, rows in held.items():
        for row in rows:
            place = records.numbering.place(int(row["id"])) if "id" in row else None
            for name in ("created_at", "updated_at"):
                if place is not None and row.get(name):
                    first = told.setdefault((name, place), (path, row[name]))
                    assert first[1] == row[name], (first[0], path, name)


def test_an_rfi_is_answered_before_its_last_change(site: Site) -> None:
    answers = 0
    for index, row in enumerate(rfis.rfis(site)):
        for reply in rfis.rfi_replies(site, RowPlace("rfis", index)):
            answers += 1
            assert row["created_at"] <= reply["answer_date"] <= row["updated_at"]
            if reply["official"]:
                assert reply["answer_date"] <= row["time_resolved"]
    assert answers > 100


def test_what_is_closed_has_the_day_of_it_and_nothing_else_has(held: dict[str, list[Row]]) -> None:
    closing = [path for path, rows in held.items() if any("closed_at" in row for row in rows)]
    assert len(closing) >= 4
    for path in closing:
        for row in held[path]:
            status = row["status"]["status"] if isinstance(row["status"], dict) else row["status"]
            assert (row["closed_at"] is not None) == (str(status).casefold() == "closed"), (path, status)


def test_who_is_named_in_a_text_is_in_the_directory(held: dict[str, list[Row]], site: Site) -> None:
    people = {one.name for one in site.get(directory.site_members)}
    vendors = {one.name for one in site.firm.get(directory.vendors)}
    fields = {
        "accident_logs": {"involved_name": people, "involved_company": vendors},
        "activities": {"assigned_company": vendors},
        "call_logs": {"subject_from": people, "subject_to": people},
        "delivery_logs": {"delivery_from": vendors},
        "productivity_logs": {"company": vendors},
        "replies": {"created_by": people},
        "requisitions": {"vendor_name": vendors},
        "safety_violation_logs": {"issued_to": vendors},
        "tasks": {"resource_name": vendors},
    }
    met = set()
    for path, rows in held.items():
        for name, known in fields.get(path.rpartition("/")[2], {}).items():
            met.add(name)
            assert {row[name] for row in rows} <= known, (path, name)
    assert len(met) == 11


@pytest.mark.parametrize("table", [kind.table for kind in daily_logs.KINDS if kind.approved_alone])
def test_logs_that_are_not_approved_come_if_they_are_asked_for(
    table: str, lists: Lists, records: Records
) -> None:
    path, site = f"/rest/v1.0/projects/{HARBOR_TOWER}/{table}", records.site(HARBOR_TOWER)
    assert site is not None
    every = [(row["id"], row["status"]) for row in daily_logs.kind(table).rows(site)]

    def asked(**query: str) -> list[tuple[int, str]]:
        named = {f"filters[{name}]": value for name, value in query.items()}
        return [(row["id"], row["status"]) for row in lists.every(path, EVER | named)]

    approved = [one for one in every if one[1] == "approved"]
    assert 0 < len(approved) < len(every)
    assert asked() == asked(status="approved") == approved
    assert asked(status="pending") == [one for one in every if one[1] == "pending"]
    assert asked(status="all") == every
    (count,) = (
        row["count"]
        for row in lists.every(f"/rest/v1.1/projects/{HARBOR_TOWER}/daily_logs/counts", EVER)
        if row["module_name"] == table
    )
    assert count == len(approved)
