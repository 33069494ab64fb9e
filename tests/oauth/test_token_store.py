"""One contract for the three places."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.errors import ConfigurationError
from procore_jupyter.files import private
from procore_jupyter.oauth import stores
from procore_jupyter.oauth.file_store import FileStore
from procore_jupyter.oauth.stores import MemoryStore, open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import (
    RefreshNote,
    SecretKey,
    StoredToken,
    TokenKey,
    TokenStore,
    TokenStoreLocked,
    fingerprint,
)
from procore_jupyter.secret import Secret
from tests.oauth.stores import KEY, SmallKeyring, token


@pytest.fixture(params=["file", "memory", "keyring"])
def opened(
    request: pytest.FixtureRequest, path: Path, system_keyring: SmallKeyring, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], TokenStore]:
    """Give a callable that opens the same place anew."""
    monkeypatch.setattr(stores, "_tokens", {})
    monkeypatch.setattr(stores, "_secrets", {})
    locations = {"file": str(path), "memory": "memory://mine", "keyring": "keyring://"}
    return lambda: open_store(locations[request.param])


# ---- what all three promise


def test_nothing_is_kept_at_first_and_looking_leaves_no_trace(
    opened: Callable[[], TokenStore], path: Path
) -> None:
    assert opened().load(KEY) is None
    opened().delete(KEY)
    assert not path.exists()


@pytest.mark.parametrize(
    "kept", [token(), token(refresh_token=None), token(expires_at=None, lifetime=None, clock_offset=None)]
)
def test_what_is_saved_is_there_for_who_opens_the_place_anew(
    opened: Callable[[], TokenStore], kept: Token
) -> None:
    opened().save(KEY, kept, seeds=frozenset({"a" * 64, "b" * 64}))
    assert opened().load(KEY) == StoredToken(kept, frozenset({"a" * 64, "b" * 64}))


def test_a_save_replaces_token_and_seeds(opened: Callable[[], TokenStore]) -> None:
    opened().save(KEY, token("1"), seeds=frozenset({"a"}))
    opened().save(KEY, token("2"), seeds=frozenset({"b"}))
    assert opened().load(KEY) == StoredToken(token("2"), frozenset({"b"}))
    opened().save(KEY, token("3"))
    assert opened().load(KEY) == StoredToken(token("3"))


def test_host_app_and_account_each_have_a_sign_in_of_their_own(opened: Callable[[], TokenStore]) -> None:
    keys = [
        KEY,
        TokenKey("login-sandbox.procore.com", "app-1"),
        TokenKey("login.procore.com", "app-2"),
        TokenKey("login.procore.com", "app-1", "boss"),
    ]
    for number, key in enumerate(keys):
        opened().save(key, token(str(number)))
    opened().delete(keys[1])
    assert [opened().load(key) for key in keys] == [
        StoredToken(token("0")),
        None,
        StoredToken(token("2")),
        StoredToken(token("3")),
    ]
    assert len({key.digest() for key in keys}) == 4


def test_what_is_deleted_is_gone_and_deleting_again_is_no_error(opened: Callable[[], TokenStore]) -> None:
    opened().save(KEY, token())
    opened().delete(KEY)
    opened().delete(KEY)
    assert opened().load(KEY) is None


def test_secrets_of_saved_connections_lie_beside_the_sign_ins_and_neither_disturbs_the_other(
    opened: Callable[[], TokenStore],
) -> None:
    mine, other = SecretKey("OAuthClientSecret", "host", "app-1"), SecretKey("ProxyPassword", "host", "app-1")
    assert opened().load_secret(mine) is None
    opened().save_secret(mine, Secret("old"))
    opened().save(KEY, token())
    opened().save_secret(mine, Secret("new"))
    opened().save_secret(other, Secret("else"))
    opened().delete(KEY)
    assert opened().load(KEY) is None
    assert opened().load_secret(mine) == Secret("new") and opened().load_secret(other) == Secret("else")
    assert opened().load_secret(SecretKey("OAuthClientSecret", "host2", "app-1")) is None
    opened().delete_secret(mine)
    opened().delete_secret(mine)
    assert opened().load_secret(mine) is None and opened().load_secret(other) == Secret("else")


def test_one_at_a_time_may_renew_and_another_key_is_not_concerned(opened: Callable[[], TokenStore]) -> None:
    with opened().exclusive(KEY, 1) as alone:
        assert alone
        with pytest.raises(TokenStoreLocked), opened().exclusive(KEY, 0.05):
            pass
        with opened().exclusive(TokenKey("login.procore.com", "app-2"), 1):
            opened().save(KEY, token())  # the short lock of a change is another
    with opened().exclusive(KEY, 1):
        pass


def test_a_note_stays_until_its_answer_has_come(opened: Callable[[], TokenStore]) -> None:
    with opened().exclusive(KEY, 1):
        assert opened().noted(KEY) is None
        opened().note(KEY, RefreshNote("f" * 64))
    assert opened().noted(KEY) == RefreshNote("f" * 64)
    assert opened().noted(TokenKey("login.procore.com", "app-2")) is None
    refused = RefreshNote("f" * 64, lost=False, refused_at=1_750_000_000.0)
    opened().note(KEY, refused)
    assert opened().noted(KEY) == refused
    opened().note(KEY, None)
    opened().note(KEY, None)
    assert opened().noted(KEY) is None


def test_changes_of_many_threads_all_arrive(opened: Callable[[], TokenStore]) -> None:
    keys = [TokenKey("login.procore.com", f"app-{number}") for number in range(12)]
    threads = [threading.Thread(target=opened().save, args=(key, token(key.client_id))) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [opened().load(key) for key in keys] == [StoredToken(token(key.client_id)) for key in keys]


def test_a_place_tells_people_where_it_is_and_never_what_is_in_it(opened: Callable[[], TokenStore]) -> None:
    store = opened()
    store.save(KEY, token())
    assert store.location.endswith(("tökens.json", "memory://mine", "keyring://"))
    assert "refresh-1" not in repr(store) + str(vars(store)) + repr(store.load(KEY))


# ---- which place it is


def test_without_a_location_it_is_a_file_in_the_users_data_folder() -> None:
    assert open_store().location == open_store("").location == str(private.data_folder() / "tokens.json")


def test_a_folder_means_the_file_in_it_and_a_tilde_the_home_folder(tmp_path: Path, home: Path) -> None:
    assert open_store(str(tmp_path)).location == str(tmp_path / "tokens.json")
    assert open_store("~/mine.json").location == str(home / "mine.json")
    assert open_store("mine.json").location == str(Path.cwd() / "mine.json")


@pytest.mark.parametrize(
    "location", ["redis://here", "https://login.procore.com/x", "keyring://other", "a\0b"]
)
def test_no_other_kind_of_place_is_taken(location: str) -> None:
    with pytest.raises(ConfigurationError, match="OAuthSettingsLocation"):
        open_store(location)


def test_a_windows_path_is_a_path() -> None:
    assert isinstance(open_store(r"C:\Users\ann\tokens.json"), FileStore)


def test_a_copied_memory_is_the_same_memory() -> None:
    store = MemoryStore("copied")
    copies = [copy.copy(store), copy.deepcopy(store), MemoryStore("copied")]
    store.save(KEY, token())
    assert all(one.load(KEY) == StoredToken(token()) for one in copies)
    assert MemoryStore("another").load(KEY) is None


def test_a_fingerprint_is_the_sha_256_and_takes_any_text() -> None:
    assert fingerprint(Secret("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(fingerprint(Secret("\ud800"))) == 64
