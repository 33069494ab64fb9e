"""Files in rows: their ids, names and addresses. What is in them, and who may have it, is `demo.stored_files`'."""

from __future__ import annotations

from procore_jupyter.demo.company.dice import Dice
from procore_jupyter.demo.company.records import Records, Site
from procore_jupyter.demo.company.rows import Row

# How many files a row has at most.
_MOST = 4


def file_id(site: Site, table: str, index: int, number: int = 0) -> int:
    """Return the id of a row's file: made from the row's, so that the file's project can be found again.

    Parameters
    ----------
    site : Site
        The project.
    table : str
        The row's table.
    index : int
        The row's place in it.
    number : int
        Which of the row's files, from 0 to 3.
    """
    return site.id(table, index) * _MOST + number


def site_of_file(records: Records, number: int) -> Site | None:
    """Return the project that a file belongs to; None where there is no such file."""
    place = records.numbering.place(number // _MOST)
    return None if place is None else records.site_with(place[0], number // _MOST)


def address(site: Site, table: str, index: int, name: str, number: int = 0) -> str:
    """Return where a row's file is to be had, with a sign-in."""
    return f"{site.records.url}/files/{file_id(site, table, index, number)}/{name}"


def attachment(site: Site, table: str, index: int, name: str, number: int = 0) -> Row:
    """Return a file as rows list it among their attachments."""
    return {
        "id": file_id(site, table, index, number),
        "filename": name,
        "name": name,
        "url": address(site, table, index, name, number),
    }


def attachments(site: Site, table: str, index: int, dice: Dice, share: float = 0.4) -> list[Row]:
    """Return a row's attachments: in this share of the cases one or two, else none."""
    if not dice.chance(share):
        return []
    stem = f"{table.replace('_', '-')}-{index + 1}"
    return [
        attachment(site, table, index, f"{stem}-{number + 1}.{dice.pick(('pdf', 'png', 'txt'))}", number)
        for number in range(dice.whole(1, 2))
    ]
