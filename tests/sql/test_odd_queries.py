"""Queries that are odd, or of people who want to see what happens."""

from __future__ import annotations

import pytest

from procore_jupyter.sql.database import Database
from procore_jupyter.sql.planner import locked_down


def test_the_environments_proxy_is_not_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://somebody:secret@proxy.example:80")
    for cursor in (Database().cursor(), locked_down().cursor()):
        found = cursor.execute("SELECT name FROM duckdb_settings() WHERE value LIKE '%secret@%'").fetchall()
        assert found == []
        assert cursor.execute("SELECT current_setting('http_proxy')").fetchall() == [("",)]
