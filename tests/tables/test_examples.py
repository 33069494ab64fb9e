"""What ``procore?``, ``procore.table?`` and ``procore.tables?`` show is what a person does, and works as it stands."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from procore_jupyter import Procore
from procore_jupyter.tables.library import Library


@pytest.mark.parametrize("documented", [Procore, Procore.table, Library])
def test_the_examples_work(
    documented: object, procore: Procore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    procore.use(project="Harbor Tower")
    names = {"procore": procore}
    examples = doctest.DocTestParser().get_examples(documented.__doc__ or "")
    assert len(examples) >= 3
    for example in examples:
        assert "__" not in example.source
        try:
            repr(eval(example.source, names))
        except SyntaxError:
            exec(example.source, names)


@pytest.mark.parametrize("documented", [Procore, Library])
def test_what_a_person_sees_names_no_parameter_that_only_we_give(documented: type) -> None:
    assert "Parameters" not in (documented.__doc__ or "")
