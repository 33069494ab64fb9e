"""The fault table: the place where sign-ins are kept. Through `connect`, as a person or a cron job meets it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import keyring.errors
import pytest

from procore_jupyter import Procore
from procore_jupyter.connection import saved
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import ConfigurationError, LoginRequired, ProcoreWarning, TokenStoreError
from procore_jupyter.files import private
from tests.connecting import connect, signed_in, text_for
from tests.faults.table import assert_helps
from tests.oauth.provider import code_of, token_requests
from tests.oauth.stores import SmallKeyring, posix

ODD = "a folder of mine; ümläut = 'quoted' 日本 ✓"


def quoted(path: object) -> str:
    return '"' + str(path).replace('"', '""') + '"'


def again(demo: DemoProcore, place: object) -> Procore:
    """Connect as another kernel does, with nobody there."""
    return connect(text_for(demo, OAuthSettingsLocation=quoted(place)), person=False)


def renew(demo: DemoProcore, procore: Procore) -> Any:
    """Let the token run out and use the session."""
    now = demo.clock
    demo.clock = lambda: now() + 6000
    return procore.me()["name"]


def test_a_path_with_spaces_quotes_semicolons_and_other_letters(demo: DemoProcore, tmp_path: Path) -> None:
    place = tmp_path / ODD / "tökens ✓.json"
    procore = signed_in(demo, OAuthSettingsLocation=quoted(place))
    assert procore.status().kept_at == str(place)
    assert renew(demo, procore)
    assert again(demo, place).me()["name"]
    assert len(token_requests(demo, "refresh_token")) == 1
    again(demo, place).logout()
    with pytest.raises(LoginRequired):
        again(demo, place)


class Disk:
    """A folder that can be made full or read-only: a small file system where this user may mount one, else played."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        self._monkeypatch = monkeypatch
        self.real = (
            sys.platform == "linux"
            and os.geteuid() == 0
            and self._mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
        )
        if self.real:
            folder.chmod(0o700)

    def _mount(self, *arguments: str) -> bool:
        return (
            subprocess.run(
                ["mount", *arguments, str(self.folder)], capture_output=True, check=False
            ).returncode
            == 0
        )

    def fill(self) -> None:
        if self.real:
            with pytest.raises(OSError), (self.folder / "rest").open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 1024)
            return
        real = private.opened_beside

        def full(path: Path, mode: int) -> tuple[int, Path]:
            if path.is_relative_to(self.folder):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(path, mode)

        self._monkeypatch.setattr(private, "opened_beside", full)

    def make_read_only(self) -> None:
        if self.real:
            assert self._mount("-o", "remount,ro")
            return
        self._monkeypatch.setattr(private, "opened_beside", self._refuse)

    def _refuse(self, *_: Any, **named: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def mend(self) -> None:
        if self.real:
            assert self._mount("-o", "remount,rw")
            (self.folder / "rest").unlink(missing_ok=True)
        else:
            self._monkeypatch.undo()

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    with pytest.MonkeyPatch.context() as own:
        made = Disk(tmp_path / "small disk", own)
        yield made
        made.close()


DISKS: dict[str, Callable[[Disk], None]] = {"full": Disk.fill, "read-only": Disk.make_read_only}


@pytest.mark.parametrize("fault", DISKS)
def test_a_disk_that_takes_no_more_costs_no_sign_in(fault: str, demo: DemoProcore, disk: Disk) -> None:
    place = disk.folder / "tokens.json"
    procore = signed_in(demo, OAuthSettingsLocation=quoted(place))
    before = place.read_bytes()
    DISKS[fault](disk)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert renew(demo, procore)
        assert renew(demo, procore)
    lines = [str(one.message) for one in told if issubclass(one.category, ProcoreWarning)]
    saying = [line for line in lines if "can't be saved" in line]
    assert len(saying) == 1  # once
    assert "only this kernel has it" in saying[0]
    assert_helps(ValueError(saying[0]))
    assert saying[0] in repr(procore.status())
    assert place.read_bytes() == before  # the old file is whole
    disk.mend()
    assert procore._access is not None
    procore._access._provider._memory = None  # type: ignore[attr-defined]  # the next chance to save, now
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreWarning)
        assert procore.me()["name"]
    assert place.read_bytes() != before
    assert again(demo, place).me()["name"]


@pytest.mark.parametrize("fault", DISKS)
def test_a_first_sign_in_on_such_a_disk_works_and_says_that_it_is_not_kept(
    fault: str, demo: DemoProcore, disk: Disk
) -> None:
    DISKS[fault](disk)
    with pytest.warns(ProcoreWarning) as told:
        procore = signed_in(demo, OAuthSettingsLocation=quoted(disk.folder / "tokens.json"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProcoreWarning)
        assert procore.me()["name"]
    assert any("only this kernel has it" in str(one.message) for one in told)


LIMITED = """
import resource, sys, warnings
resource.setrlimit(resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))  # bytes: no file gets larger
from procore_jupyter import connect
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    procore = connect(sys.argv[1])
    print(procore.me()["name"])
print([str(one.message) for one in told])
"""


@posix
def test_a_file_size_limit_is_a_full_disk_too(demo: DemoProcore, tmp_path: Path) -> None:
    """A cron job under ``ulimit -f``, signing in by a code."""
    place = tmp_path / "tokens.json"
    text = text_for(
        demo,
        OAuthVerifier=code_of(demo, "urn:ietf:wg:oauth:2.0:oob").reveal(),
        OAuthSettingsLocation=quoted(place),
    )
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, text], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "can't be saved" in ran.stdout and "only this kernel has it" in ran.stdout
    assert not place.exists()
    assert [one.name for one in tmp_path.iterdir() if one.suffix not in (".lock", ".sent")] == []


#: What stands in the file's place -> the error at `connect`, or None where it is put aside and a person asked.
PLACES: dict[str, str | None] = {
    "corrupt": None,
    "cut": None,
    "another program's JSON": None,
    "binary": None,
    "empty": None,
    "newer": "newer version of procore-jupyter",
    "open to others": "chmod 600",
    "somebody else's": "belongs to another user",
    "a folder of others": "chmod 700",
    "a link": "",
    "a pipe": "not a regular file",
}
CONTENTS = {
    "corrupt": b"{nonsense",
    "cut": b'{"version": 1, "tokens": [{"login_host": "x"',
    "another program's JSON": b'{"name": "my-package", "version": "1.0.0"}',
    "binary": bytes(range(256)),
    "empty": b"",
    "newer": b'{"version": 99, "tokens": "encrypted"}',
}


@posix
@pytest.mark.parametrize("what", PLACES)
def test_a_file_that_is_not_to_be_trusted(
    what: str, demo: DemoProcore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    place = folder / "tokens.json"
    content = CONTENTS.get(what, b'{"version": 1, "tokens": []}')
    if what == "a pipe":
        os.mkfifo(place, 0o600)
    else:
        place.write_bytes(content)
        place.chmod(0o644 if what == "open to others" else 0o600)
    if what == "somebody else's":
        if os.geteuid() == 0:
            os.chown(place, 12345, -1)
        else:
            real = os.geteuid()
            monkeypatch.setattr(os, "geteuid", lambda: real + 1)
    if what == "a folder of others":
        folder.chmod(0o777)
    if what == "a link":
        place.rename(folder / "elsewhere.json")
        place.symlink_to(folder / "elsewhere.json")
    expected = PLACES[what]
    if expected is None:
        with pytest.warns(ProcoreWarning, match="damaged") as told, pytest.raises(LoginRequired):
            again(demo, place)
        assert_helps(told[0].message if isinstance(told[0].message, Warning) else ValueError())
        aside = [one for one in folder.iterdir() if "damaged" in one.name]
        assert [one.read_bytes() for one in aside] == [content]  # kept aside, to the byte
        assert oct(aside[0].stat().st_mode & 0o777) == "0o600"
        procore = signed_in(demo, OAuthSettingsLocation=quoted(place))
        assert procore.me()["name"]
        assert [one.read_bytes() for one in folder.iterdir() if "damaged" in one.name] == [content]
        return
    with pytest.raises(TokenStoreError) as caught:
        again(demo, place)
    assert expected in assert_helps(caught.value)
    if what not in ("a pipe", "a link"):
        monkeypatch.undo()
        assert place.read_bytes() == content  # never overwritten


@pytest.fixture(params=["platformdirs as it is", "an older one"])
def homeless(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Path]:
    """Play a container that runs as a number: no HOME, a user that the system doesn't know."""
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "USER", "LOGNAME", "HOMEDRIVE", "HOMEPATH"):
        monkeypatch.delenv(name, raising=False)
    if os.name == "posix":
        import pwd

        def unknown(uid: int) -> Any:
            raise KeyError(uid)

        monkeypatch.setattr(pwd, "getpwuid", unknown)
    if request.param == "an older one" or os.name != "posix":
        monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: "~/.local/share/procore-jupyter")
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    assert [one.name for one in folder.iterdir()] == []  # no folder called ~


@pytest.mark.parametrize("place", ["", "~/tokens.json"])
def test_without_a_home_folder_the_place_that_needs_one_is_told_with_what_helps(
    place: str, demo: DemoProcore, homeless: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(text_for(demo, OAuthSettingsLocation=place), person=False)
    assert "HOME isn't set" in assert_helps(caught.value)
    assert "OAuthSettingsLocation" in str(caught.value)


@pytest.mark.parametrize("place", ["memory://homeless", "a file"])
def test_without_a_home_folder_all_else_works(
    place: str, demo: DemoProcore, homeless: Path, tmp_path: Path
) -> None:
    where = str(tmp_path / "tokens.json") if place == "a file" else place
    procore = signed_in(demo, OAuthSettingsLocation=quoted(where))
    assert procore.me()["name"]
    assert again(demo, where).me()["name"]
    assert connect(text_for(demo, AuthScheme="NONE"), person=False).get("/x").status_code == 404
    with pytest.raises(TokenStoreError, match="HOME isn't set"):
        saved.keep(saved.SavedConnection("site"))
    with pytest.raises(ConfigurationError, match="HOME isn't set"):
        connect("Profile=Demo")
    procore.logout()


KEYRINGS: dict[str, Exception] = {
    "locked": keyring.errors.KeyringLocked("the collection is locked: tok-SECRET"),
    "no D-Bus": RuntimeError("no D-Bus: tok-SECRET"),
    "failing": keyring.errors.KeyringError("tok-SECRET"),
    "set fails": keyring.errors.PasswordSetError("tok-SECRET"),
}


@pytest.fixture
def system_keyring() -> Iterator[SmallKeyring]:
    before, small = keyring.get_keyring(), SmallKeyring()
    keyring.set_keyring(small)
    yield small
    keyring.set_keyring(before)


def test_a_keyring_that_is_not_installed(demo: DemoProcore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError) as caught:
        connect(text_for(demo, OAuthSettingsLocation="keyring://"), person=False)
    assert "pip install procore-jupyter[keyring]" in assert_helps(caught.value)


def test_a_machine_without_any_keyring(demo: DemoProcore, system_keyring: SmallKeyring) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(TokenStoreError) as caught:
        connect(text_for(demo, OAuthSettingsLocation="keyring://"), person=False)
    assert "leave OAuthSettingsLocation out" in assert_helps(caught.value)


@pytest.mark.parametrize("fault", KEYRINGS)
def test_a_keyring_that_is_locked_or_failing(
    fault: str, demo: DemoProcore, system_keyring: SmallKeyring
) -> None:
    system_keyring.fails = KEYRINGS[fault]
    with pytest.raises(TokenStoreError) as caught:
        connect(text_for(demo, OAuthSettingsLocation="keyring://"), person=False)
    said = assert_helps(caught.value)
    assert "nlock" in said and "try again" in said and "tok-SECRET" not in said
    system_keyring.fails = None
    with pytest.raises(LoginRequired):
        connect(text_for(demo, OAuthSettingsLocation="keyring://"), person=False)


@pytest.mark.parametrize("fault", KEYRINGS)
@pytest.mark.parametrize("method", ["get_password", "set_password"])
def test_a_keyring_that_fails_midway(
    fault: str, method: str, demo: DemoProcore, system_keyring: SmallKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    procore = signed_in(demo, OAuthSettingsLocation="keyring://")
    assert procore.me()["name"]
    before = dict(system_keyring.entries)

    def fail(*_: object) -> None:
        raise KEYRINGS[fault]

    monkeypatch.setattr(system_keyring, method, fail)
    if method == "set_password":  # between the provider's answer and the save
        with pytest.warns(ProcoreWarning, match="only this kernel has it") as told:
            assert renew(demo, procore)
        assert "tok-SECRET" not in str([str(one.message) for one in told])
    else:  # nothing is spent that could not be told to the others
        with pytest.raises(TokenStoreError) as caught:
            renew(demo, procore)
        assert "nlock" in assert_helps(caught.value)
        assert token_requests(demo, "refresh_token") == []
    assert system_keyring.entries == before
    monkeypatch.undo()
    assert procore._access is not None
    procore._access._provider._memory = None  # type: ignore[attr-defined]
    assert procore.me()["name"]
    assert connect(text_for(demo, OAuthSettingsLocation="keyring://"), person=False).me()["name"]
    assert len(token_requests(demo, "refresh_token")) == 1
    assert "tok-SECRET" not in repr(procore.status())
