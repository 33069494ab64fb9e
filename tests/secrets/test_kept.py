"""What stands in files after a sign-in and after a reading, and what doesn't."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.connecting import signed_in
from tests.oauth.stores import SmallKeyring


def written(home: Path) -> dict[Path, bytes]:
    """Return the files of a person's home folder."""
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("location", "kept"), [("", ["tokens.json"]), ("memory://mine", []), ("keyring://", [])]
)
def test_a_file_holds_the_sign_in_in_the_clear_and_memory_and_keyring_leave_none(
    location: str, kept: list[str], demo: DemoProcore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", SmallKeyring())
    procore = signed_in(demo, OAuthSettingsLocation=location)
    procore.me()
    assert procore._access is not None
    token = procore._access.current()
    assert token.refresh_token is not None
    for secret in (token.access_token, token.refresh_token):
        holding = [
            path.name for path, content in written(home).items() if secret.reveal().encode() in content
        ]
        assert holding == kept


def test_rows_stand_in_no_file(demo: DemoProcore, home: Path) -> None:
    procore = signed_in(demo, CompanyId="1234")
    table = procore.table("rfis", project_id=4711)
    table._repr_mimebundle_()
    subject = str(table[0]["subject"])
    assert len(subject) > 10 and subject in str(table)
    assert [path for path, content in written(home).items() if subject.encode() in content] == []
