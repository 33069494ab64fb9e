"""The embedded Procore and the session that the tests of tables have."""

from __future__ import annotations

from tests.tables.conftest import company, procore

__all__ = ["company", "procore"]
