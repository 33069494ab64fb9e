from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.errors import ProcoreWarning, TokenStoreError
from procore_jupyter.files import private
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token_store import RefreshNote, SecretKey, StoredToken, TokenKey, TokenStoreLocked
from procore_jupyter.secret import Secret
from tests.oauth.provider import drawn
from tests.oauth.stores import KEY, posix, token, uses


@posix
def test_the_file_is_private_in_a_private_folder(path: Path) -> None:
    FileStore(path).save(KEY, token())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with FileStore(path).exclusive(KEY, 1):
        FileStore(path).note(KEY, RefreshNote("f" * 64))
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


def test_both_versions_of_the_format_are_read_and_the_lowest_that_holds_everything_is_written(
    path: Path,
) -> None:
    def version() -> int:
        return int(json.loads(path.read_bytes())["version"])

    store, secret = FileStore(path), SecretKey("OAuthClientSecret", "login.example.test", "an-app")
    store.save(KEY, token("1"))
    assert version() == 1
    store.save_secret(secret, Secret("hush"))
    assert version() == 2
    assert (store.load(KEY), store.load_secret(secret)) == (StoredToken(token("1")), Secret("hush"))
    store.save(KEY, token("2"))
    assert (version(), store.load_secret(secret)) == (2, Secret("hush"))
    # What the first version wrote, as it stands on a disk.
    content = json.loads(path.read_bytes())
    path.write_text(json.dumps({"version": 1, "tokens": content["tokens"]}))
    assert (store.load(KEY), store.load_secret(secret)) == (StoredToken(token("2")), None)


def test_what_this_version_does_not_know_is_carried_along(path: Path) -> None:
    store = FileStore(path)
    store.save(KEY, token("1"))
    content = json.loads(path.read_bytes())
    content["hint"] = {"by": "a newer version"}
    content["tokens"][0]["colour"] = "blue"
    content["tokens"].append({**content["tokens"][0], "account": "boss", "colour": "red"})
    path.write_text(json.dumps(content))
    store.save(KEY, token("2"))
    after = json.loads(path.read_bytes())
    assert after["hint"] == {"by": "a newer version"}
    assert [entry["colour"] for entry in after["tokens"]] == ["blue", "red"]
    assert store.load(KEY) == StoredToken(token("2"))
    store.delete(KEY)
    assert [entry["account"] for entry in json.loads(path.read_bytes())["tokens"]] == ["boss"]


@pytest.mark.parametrize(
    "content", [{"version": 3, "tokens": [{"token": "of a new kind"}]}, {"version": 99, "vault": "…"}]
)
def test_a_newer_format_is_left_alone_and_an_upgrade_proposed(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(mode=0o700)
    private.write_private(path, json.dumps(content).encode())
    before = path.read_bytes()
    store = FileStore(path)
    for act in uses(store):
        with pytest.raises(TokenStoreError, match="pip install -U procore-jupyter"):
            act()
    assert path.read_bytes() == before
    assert not [*path.parent.glob("*damaged*")]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'"x"', b"{}", b'{"tokens": []}', b'{"version": "1", "tokens": []}', b'{"version": true, "tokens": []}',
     b'{"version": 0, "tokens": []}', b'{"version": 1}', b'{"version": 1, "tokens": {}}', b"\xff\xfe", b"[" * 100_000, b'{"version": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_a_damaged_file_is_kept_aside_and_never_overwritten(path: Path, content: bytes) -> None:
    for _ in range(2):
        private.write_private(path, content)
        with pytest.warns(ProcoreWarning, match="damaged.*sign in again"):
            assert FileStore(path).load(KEY) is None
        assert not path.exists()
        assert FileStore(path).load(KEY) is None  # said once
    private.write_private(path, content)
    with pytest.warns(ProcoreWarning, match="damaged"):
        FileStore(path).save(KEY, token())
    assert FileStore(path).load(KEY) == StoredToken(token())
    aside = [*path.parent.glob("*damaged*")]
    assert [each.read_bytes() for each in aside] == [content] * 3


def test_of_a_file_with_one_damaged_entry_the_others_stay_in_use(path: Path) -> None:
    store, other = FileStore(path), TokenKey("login.procore.com", "app-2")
    store.save(KEY, token("1"))
    store.save(other, token("2"))
    content = json.loads(path.read_bytes())
    content["tokens"][0]["token"]["access_token"] = 5
    damaged = json.dumps(content).encode()
    path.write_bytes(damaged)
    with pytest.warns(ProcoreWarning, match="A stored sign-in was damaged"):
        assert store.load(KEY) is None
    assert store.load(other) == StoredToken(token("2"))
    assert [each.read_bytes() for each in path.parent.glob("*damaged*")] == [damaged]


@posix
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o666])
def test_a_file_open_to_others_is_not_trusted_and_not_overwritten(path: Path, mode: int) -> None:
    store = FileStore(path)
    store.save(KEY, token())
    before = path.read_bytes()
    path.chmod(mode)
    for act in uses(store):
        with pytest.raises(TokenStoreError, match=r"Others can read or write .*chmod 600") as caught:
            act()
        assert "access-1" not in drawn(caught.value)
        assert "access-2" not in drawn(caught.value)
    assert path.read_bytes() == before


@posix
def test_another_users_file_is_not_trusted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(path)
    store.save(KEY, token())
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(TokenStoreError, match="belongs to another user"):
        store.load(KEY)
    with pytest.raises(TokenStoreError, match="belongs to another user"):
        store.save(KEY, token("2"))


@posix
def test_a_link_in_the_files_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    FileStore(elsewhere).save(KEY, token())
    path.parent.mkdir(mode=0o700)
    path.symlink_to(elsewhere)
    with pytest.raises(TokenStoreError, match="can't be read"):
        FileStore(path).load(KEY)


@posix
def test_a_folder_that_others_may_write_to_is_not_written_to(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(TokenStoreError, match="Others can write to the folder") as caught:
        FileStore(path).save(KEY, token())
    assert "access-1" not in drawn(caught.value)
    assert [*path.parent.iterdir()] == []


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_what_was_kept_and_says_so(
    path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(path)
    store.save(KEY, token("1"))

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if call == "write":
            patch.setattr(private, "opened_beside", full)
        patch.setattr(os, call, full)
        with pytest.raises(
            TokenStoreError, match=r"can't be saved in .*No space left on device.*OAuthSettingsLocation"
        ) as caught:
            store.save(KEY, token("2"))
    assert "access-2" not in drawn(caught.value)
    assert store.load(KEY) == StoredToken(token("1"))
    assert not [each for each in path.parent.iterdir() if each.name.startswith(".")]


def test_an_unreadable_place_is_told_without_its_content(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(TokenStoreError, match=r"not a regular file|can't be read"):
        FileStore(path).load(KEY)


def test_no_error_shows_what_is_kept(path: Path) -> None:
    FileStore(path).save(KEY, token())
    content = json.loads(path.read_bytes())
    content["version"] = 3
    path.write_text(json.dumps(content))
    with pytest.raises(TokenStoreError) as caught:
        FileStore(path).load(KEY)
    assert "access-1" not in drawn(caught.value)


def test_waiting_for_another_processs_change_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holding, done = threading.Event(), threading.Event()
    store = FileStore(path)
    monkeypatch.setattr("procore_jupyter.files.document.PATIENCE", 0.05)

    def hold() -> None:
        with store._changing():
            holding.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(20)
    try:
        with pytest.raises(TokenStoreLocked):
            store.save(KEY, token())
        assert store.load(KEY) is None  # reading waits for nobody
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("f" * 64, RefreshNote("f" * 64)),
        (f"{'f' * 64} lost 1750000000", RefreshNote("f" * 64, True, 1_750_000_000.0)),
        (f"{'f' * 64} ended 1750000000", RefreshNote("f" * 64, False, 1_750_000_000.0)),
    ],
)
def test_a_note_stands_in_its_file_as_earlier_releases_wrote_it(
    path: Path, text: str, note: RefreshNote
) -> None:
    store = FileStore(path)
    path.parent.mkdir(mode=0o700)
    sent = path.with_name(f"{path.name}.{KEY.digest()}.sent")
    sent.touch(0o600)
    sent.write_text(text)
    assert store.noted(KEY) == note
    store.note(KEY, note)
    assert sent.read_text() == text


SAVE_FOREVER = """
import sys, pathlib
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret
store = FileStore(pathlib.Path(sys.argv[1]))
number = 0
while True:
    number += 1
    store.save(TokenKey("login.procore.com", "other"), Token(Secret(f"a{number}" * 500), Secret("r"), 1.0, 1.0, 1.0))
    print("saved", flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_a_whole_file_and_no_lock(path: Path) -> None:
    store = FileStore(path)
    store.save(KEY, token())
    for pause in (0.0, 0.004, 0.011):
        writer = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"saved\n"
        time.sleep(pause)  # somewhere in the middle of a save; where is of no matter
        writer.kill()
        writer.wait()
        writer.stdout.close()
        assert store.load(KEY) == StoredToken(token())
        assert store.load(TokenKey("login.procore.com", "other")) is not None
        store.save(KEY, token())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["version", "tokens", "login_host", "token", "seeds", "x"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_content_breaks_the_reader(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreWarning)  # of what is damaged
        path = Path(folder) / "tokens.json"
        private.write_private(path, json.dumps(content).encode())
        store = FileStore(path)
        try:
            store.save(KEY, token())
        except TokenStoreError as error:
            assert "newer version" in str(error)  # noqa: PT017 - any other is a fault
        else:
            assert store.load(KEY) == StoredToken(token())
