"""The session of a company that a file's tests share."""

from __future__ import annotations

from tests.tables.conftest import company, procore

__all__ = ["company", "procore"]  # fixtures of theirs, for these tests too
