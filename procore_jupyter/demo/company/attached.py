"""Files in rows: their ids, names and addresses. `demo.stored_files` serves them."""

from __future__ import annotations

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row

# Files of a row, at most.
_MOST = 4


def file_id(site: Site, table: str, index: int, number: int = 0) -> int:
    """Return the id of a row's file. The row's id is a part of it, so the file leads to its project.

    Parameters
    ----------
    site : Site
        The project.
    table : str
        The row's table.
    index : int
        The row's place in it.
    number : int
        The file's place among the row's files, from 0 to 3.
    """
    return site.id(table, index) * _MOST + number


def site_of_file(records: Records, number: int) -> Site | None:
    """Return the project of a file; None if there is no such file."""
    place = records.numbering.place(number // _MOST)
    return None if place is None else records.site_with(place[0], number // _MOST)


def address(site: Site, table: str, index: int, name: str, number: int = 0) -> str:
    """Return the address of a row's file, which asks for a token."""
    return f"{site.records.url}/files/{file_id(site, table, index, number)}/{name}"


def attachment(site: Site, table: str, index: int, name: str, number: int = 0) -> Row:
    """Return a file as an attachment of a row."""
    return {
        "id": file_id(site, table, index, number),
        "filename": name,
        "name": name,
        "url": address(site, table, index, name, number),
    }


def attachments(site: Site, table: str, index: int, dice: Dice, share: float = 0.4) -> list[Row]:
    """Return a row's attachments: one or two with this probability, else none."""
    if not dice.chance(share):
        return []
    stem = f"{table.replace('_', '-')}-{index + 1}"
    return [
        attachment(site, table, index, f"{stem}-{number + 1}.{dice.pick(('pdf', 'png', 'txt'))}", number)
        for number in range(dice.whole(1, 2))
    ]
