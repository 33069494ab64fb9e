"""`Learned`: what is known of the columns of some rows once they were read, so that others can be joined to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from procore_jupyter.tables.arrow.numbers import Spelling


@dataclass(frozen=True)
class Learned:
    """What was learned of the columns of some rows while they were read.

    Parameters
    ----------
    types : mapping of str to pyarrow.DataType
        Their types; without the columns that hold nothing.
    remarks : mapping of str to frozenset of str
        What is remarkable of them (`Remarks`).
    spelled : mapping of str to Spelling
        Those that were taken for money, and how they are written.
    absent : frozenset of str
        The columns of the catalog that no row had, not even as null.
    unlabelled : str
        Why custom fields have no labels; empty if they have.
    """

    types: Mapping[str, pa.DataType]
    remarks: Mapping[str, frozenset[str]]
    spelled: Mapping[str, Spelling]
    absent: frozenset[str]
    unlabelled: str
