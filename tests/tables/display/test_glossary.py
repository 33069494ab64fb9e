"""What columns mean: said of columns that there are, and guessed of a name only where it can't be wrong."""

from __future__ import annotations

import pytest

from procore_jupyter import profiles
from procore_jupyter.tables.definitions.catalog import Catalog
from procore_jupyter.tables.display import glossary
from procore_jupyter.tables.display.glossary import meaning

OF_EVERY_TABLE = {"company_id", "project_id", "project_name", "_unfit", "_extra"}


def test_the_glossary_has_no_column_that_no_table_has() -> None:
    tables = Catalog(profiles.load("Procore")[0]).search("")
    columns = {column for spec in tables for column in spec.columns}
    assert set(glossary._MEANINGS) - columns == OF_EVERY_TABLE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ball_in_court", "who has to act next"),
        ("created_at", "when it was created"),
        ("taken_at", "when it was taken"),
        ("submittal_workflow_template_applied_at", ""),
        ("subject", ""),
        ("seat", ""),
        ("Created_at", ""),
        ("<b>ed_at", ""),
        ("", ""),
    ],
)
def test_what_a_column_means(name: str, said: str) -> None:
    assert meaning(name) == said


def test_a_meaning_is_short_and_no_sentence() -> None:
    for said in glossary._MEANINGS.values():
        assert said == said.strip() and len(said) <= 100 and not said.endswith("."), said
