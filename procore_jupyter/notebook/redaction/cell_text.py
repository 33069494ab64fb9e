r"""Finds the secrets in a cell's text, and returns the text without them.

A person may type a secret into a cell: in a connection string, as an environment variable, as a variable. What IPython keeps
of such a cell (`notebook.history`) must not hold the secret. What is no secret stays as it was typed.

============================================  ==========================================================
where                                         how it is looked through
============================================  ==========================================================
after ``%procore_connect``, to the line's     as a connection string (`connection_text`)
end; after ``%%procore_connect``, to the
cell's end
shell lines (``!export …``), line magics      as values that follow their names (`plain_text`), and as code
(``%env …``), cells of a shell (``%%bash``)
or of a file (``%%writefile``)
all else                                      as Python (`code_text`)
anywhere                                      passwords in addresses, bearers, web tokens (`plain_text`)
============================================  ==========================================================
"""

from __future__ import annotations

from procore_jupyter.notebook.redaction.findings import Found, SecretSpan, cut
from procore_jupyter.notebook.redaction.hints import may_hold_a_secret


def redact(cell: str) -> str:
    """Return a cell's text with every secret replaced by ``***``; lines stay lines."""
    return cut(cell, secrets_in(cell))


def secrets_in(cell: str) -> list[SecretSpan]:
    """Find the secrets in a cell's raw text, in order."""
    return sorted(found_in(cell).secrets)


def found_in(cell: str) -> Found:
    """Find the secrets in a cell's raw text, and the variables whose values are secrets."""
    if not may_hold_a_secret(cell):
        return Found((), frozenset())
    # Late: it compiles some fifty patterns, which takes longer than all else that `%load_ext` does.
    from procore_jupyter.notebook.redaction.cell_parts import found_in_parts

    return found_in_parts(cell)
