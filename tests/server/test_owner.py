"""Who may open a login."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from procore_jupyter.login.ticket import owner_file_name, to_text
from procore_jupyter.server.owner import Owner


def ended_pid() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_server_s_token_proves_the_owner_and_no_file_is_written(tmp_path: Path) -> None:
    owner = Owner(lambda: "the-token", tmp_path)

    owner.write_file()

    assert owner.accepts("the-token")
    assert not any(
        owner.accepts(other) for other in ("", "the-toke", "the-token ", "THE-TOKEN", "é", "\udc80")
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("token", ["", None])
def test_without_a_token_the_content_of_a_file_for_the_owner_s_eyes_is_the_proof(
    tmp_path: Path, token: str | None
) -> None:
    owner = Owner(lambda: token, tmp_path)
    assert not owner.accepts("")

    owner.write_file()

    file = tmp_path / owner_file_name(os.getpid())
    assert len(file.read_bytes()) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert owner.accepts(to_text(file.read_bytes()))
    assert not owner.accepts("")
    assert not owner.accepts(to_text(bytes(32)))
    assert not owner.accepts(file.read_bytes().decode("latin-1"))


def test_a_token_that_goes_away_lets_nobody_in(tmp_path: Path) -> None:
    tokens = ["the-token"]
    owner = Owner(lambda: tokens[0], tmp_path)
    owner.write_file()

    tokens[0] = ""

    assert not owner.accepts("")
    assert not owner.accepts("the-token")


def test_the_file_is_removed_at_the_end_and_proves_nothing_any_more(tmp_path: Path) -> None:
    owner = Owner(lambda: "", tmp_path)
    owner.write_file()
    proof = to_text((tmp_path / owner_file_name(os.getpid())).read_bytes())

    owner.remove_file()
    owner.remove_file()

    assert list(tmp_path.iterdir()) == []
    assert not owner.accepts(proof)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_remove_the_server_s_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner(lambda: "", tmp_path)
    owner.write_file()
    child = os.getpid() + 1

    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: child)
        owner.remove_file()

    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_laid_in_the_file_s_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "runtime"
    folder.mkdir()
    (folder / owner_file_name(os.getpid())).symlink_to(victim)

    Owner(lambda: "", folder).write_file()

    assert victim.read_text() == "precious"
    assert not (folder / owner_file_name(os.getpid())).is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="process numbers")
def test_files_of_servers_that_were_killed_are_removed_and_those_of_others_that_live_stay(
    tmp_path: Path,
) -> None:
    dead, alive = tmp_path / owner_file_name(ended_pid()), tmp_path / owner_file_name(os.getppid())
    unrelated = [
        tmp_path / "procore-jupyter-owner-",
        tmp_path / "procore-jupyter-owner-12x",
        tmp_path / "jpserver-1.json",
    ]
    for path in (dead, alive, *unrelated):
        path.write_bytes(bytes(32))

    Owner(lambda: "the-token", tmp_path).write_file()

    assert not dead.exists()
    assert all(path.exists() for path in (alive, *unrelated))


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    owner = Owner(lambda: "", tmp_path / "nowhere")

    with pytest.raises(FileNotFoundError):
        owner.write_file()
    assert not owner.accepts("")
