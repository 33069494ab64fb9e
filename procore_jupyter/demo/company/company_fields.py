"""The company's custom fields: their definitions, and their values in rows."""

from __future__ import annotations

from datetime import timedelta

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Firm, Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.data import MARK

# The fields of each kind of row: label, data type, and the choices of a list.
_FIELDS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "projects": (
        ("Delivery Method", "lov_entry", ("Design-build", "CM at risk", "Lump sum")),
        ("Gross Floor Area", "decimal", ()),
        ("LEED Target", "lov_entry", ("None", "Silver", "Gold")),
    ),
    "rfis": (
        ("Discipline", "lov_entry", ("Architectural", "Structural", "MEP")),
        ("Owner Reference", "string", ()),
        ("Days Saved", "decimal", ()),
        ("Blocks Work", "boolean", ()),
    ),
    "submittals": (("Long Lead", "boolean", ()), ("Factory Visit", "datetime", ())),
    "correspondence": (("Notice Clause", "string", ()), ("Answered By", "login_information", ())),
    "punch_items": (("Back Charge", "boolean", ()), ("Room Number", "string", ())),
    "observations": (("Root Cause", "lov_entry", ("Workmanship", "Design", "Material")),),
    "inspections": (("Witnessed By", "login_information", ()),),
    "incidents": (
        ("Severity", "lov_entry", ("First aid", "Medical", "Lost time")),
        ("Lost Days", "decimal", ()),
    ),
    "action_plans": (("Review Note", "rich_text", ()),),
    "coordination_issues": (("Clash Group", "string", ()),),
    "drawing_revisions": (("Sheet Format", "lov_entry", ("A1", "Arch D", "Arch E")),),
    "specification_revisions": (("Bulletin", "string", ()),),
    "documents": (("Retention Years", "decimal", ()),),
    "manpower_logs": (("Shift", "lov_entry", ("Day", "Night")),),
    "daily_logs": (("Checked Tags", "lov_entries", ("Crane", "Scaffold", "Excavation")),),
    "timecards": (("Job Cost Group", "string", ()),),
    "change_events": (("Owner Directed", "boolean", ()), ("Exposure", "decimal", ())),
    "change_orders": (("Board Meeting", "datetime", ()),),
    "requisitions": (("Lien Waiver", "boolean", ()),),
}
_ALL = [(table, *field) for table, fields in _FIELDS.items() for field in fields]
_VARIANTS = {"boolean": "checkbox", "decimal": "number", "datetime": "date", "rich_text": "text_area"}


def definitions(firm: Firm) -> RowList:
    """List the company's custom field definitions."""
    return RowList(len(_ALL), lambda index: _definition(firm, index))


def _definition(firm: Firm, index: int) -> Row:
    table, label, data_type, _ = _ALL[index]
    return {
        "id": firm.id("custom_fields", index),
        "label": label,
        "active": True,
        "company_id": firm.company.id,
        "data_type": data_type,
        "variant": _VARIANTS.get(data_type, data_type),
        "description": f"For {table.replace('_', ' ')}. {MARK}",
        "default_value": "0" if data_type == "decimal" else None,
        "configurable_field_sets_count": 1 + index % 3,
    }


def custom_fields(site: Site, table: str, dice: Dice) -> Row:
    """Return the values of a row's custom fields by ``custom_field_<definition id>``."""
    return {
        f"custom_field_{site.firm.id('custom_fields', index)}": {
            "data_type": data_type,
            # Not everybody fills in every field.
            "value": _value(site, data_type, choices, index, dice) if dice.chance(0.8) else None,
        }
        for index, (of, _, data_type, choices) in enumerate(_ALL)
        if of == table
    }


def _value(site: Site, data_type: str, choices: tuple[str, ...], index: int, dice: Dice) -> object:
    first = site.firm.id("choices", 10 * index)
    entries = [{"id": first + place, "label": label} for place, label in enumerate(choices)]
    match data_type:
        case "lov_entry":
            return dice.pick(entries)
        case "lov_entries":
            return dice.several(entries, 2)
        case "boolean":
            return dice.chance(0.5)
        case "decimal":
            return f"{dice.whole(0, 9000) / 10:.1f}"
        case "datetime":
            return f"{(site.first + timedelta(days=dice.whole(0, 200))).isoformat()}T17:00:00Z"
        case "login_information":
            return anyone(site, dice)
        case "rich_text":
            return f"<p>Checked on the {dice.pick(('first', 'second', 'third'))} walk.</p>"
        case _:
            return f"{dice.pick('ABCDEFG')}-{dice.whole(100, 999)}"
