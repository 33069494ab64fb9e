"""Documents, a project's folders and files as the newer tool lists them; and forms."""

from __future__ import annotations

import uuid

from procore_jupyter.demo.company import directory
from procore_jupyter.demo.company.attached import address, attachment, attachments
from procore_jupyter.demo.company.choices import any_option
from procore_jupyter.demo.company.company_fields import custom_fields
from procore_jupyter.demo.company.contents import size_of
from procore_jupyter.demo.company.directory import anyone
from procore_jupyter.demo.company.records import Site
from procore_jupyter.demo.company.rows import Row, RowList
from procore_jupyter.demo.company.writing import later, moment

# Each folder with the place of the folder around it, if there is one.
_FOLDERS: tuple[tuple[str, int | None], ...] = (
    ("Contracts", None), ("Drawings", None), ("Reports", None), ("Photos", None), ("Closeout", None),
    ("Subcontracts", 0), ("Purchase orders", 0), ("As built", 1), ("Geotechnical", 2), ("Warranties", 4),
    ("Weekly", 2),
)  # fmt: skip
_FILES = ("Minutes", "Report", "Certificate", "Plan", "Letter", "Checklist")


def _how_many(site: Site) -> int:
    return site.count(160)


def documents(site: Site) -> RowList:
    """List a project's folders, and then its files."""
    count = len(_FOLDERS) + site.get(_how_many)
    return RowList(count, lambda index: _document(site, index, count))


def _document(site: Site, index: int, count: int) -> Row:
    dice = site.dice("documents", index)
    folder = index < len(_FOLDERS)
    created = site.first if folder else site.day(index - len(_FOLDERS), count - len(_FOLDERS))
    if folder:
        name, parent = _FOLDERS[index]
        file = None
    else:
        kind = dice.pick(("pdf", "pdf", "txt", "png"))
        name = f"{dice.pick(_FILES)} {index - len(_FOLDERS) + 1}.{kind}"
        parent = dice.whole(0, len(_FOLDERS) - 1)
        file = {
            "id": str(site.id("documents", index)),
            "file_type": kind,
            "size": size_of(name),
            "url": address(site, "documents", index, name.replace(" ", "-")),
            "version": dice.whole(1, 4),
        }
    return {
        "id": str(site.id("documents", index)),
        "name": name,
        "document_type": "folder" if folder else "file",
        "parent_id": None if parent is None else str(site.id("documents", parent)),
        "file": file,
        "children": {"has_children": folder} if folder else None,
        "private": dice.chance(0.05),
        "private_parent": None,
        "is_tracked": False,
        "tracked_folder": None,
        "read_only": False,
        "is_deleted": False,
        "is_recycle_bin": False,
        "created_by": anyone(site, dice, directory.own_people),
        "custom_fields": custom_fields(site, "documents", dice),
        "created_at": moment(dice, created),
        "updated_at": moment(dice, later(created, dice.whole(0, 30), site.last)),
        "_file_type": None if file is None else file["file_type"],
    }


def older_documents(site: Site) -> RowList:
    """List the same in version 1 of the API, whose ids are numbers."""
    newer = documents(site)
    return RowList(len(newer), lambda index: _with_numbers(newer[index]))


def _with_numbers(row: Row) -> Row:
    return row | {name: int(row[name]) for name in ("id", "parent_id") if row[name] is not None}


def forms(site: Site) -> RowList:
    """List a project's forms."""
    count = site.count(50)
    return RowList(count, lambda index: _form(site, index, count))


def _form(site: Site, index: int, count: int) -> Row:
    dice = site.dice("forms", index)
    created = site.day(index, count)
    template = any_option("form_template", dice)
    name = f"{template['name']} {index + 1}"
    filled = attachment(site, "forms", index, f"form-{index + 1}.pdf", 3)
    return {
        "id": site.id("forms", index),
        "name": name,
        "description": f"Filled in on site, {created.isoformat()}.",
        "form_template_id": template["id"],
        "form_template_name": template["name"],
        "private": dice.chance(0.1),
        "deleted": False,
        "created_by": anyone(site, dice),
        "fillable_pdf": filled,
        "attachment": filled,
        "attachments": attachments(site, "forms", index, dice),
        "thumbnail_url": address(site, "forms", index, f"form-{index + 1}-small.png", 2),
        "viewable": True,
        "viewable_document_id": filled["id"],
        "holder_class": "Form",
        "download_all_uuid": {"uuid": str(uuid.UUID(int=site.id("forms", index)))},
        "permissions": {"can_edit": True, "can_delete": False},
        "created_at": moment(dice, created),
        "updated_at": moment(dice, later(created, dice.whole(0, 5), site.last)),
    }
