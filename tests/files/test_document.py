"""A JSON document in a private file: what survives, and what is said."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import filelock
import pytest

from procore_jupyter.files import document
from procore_jupyter.files.document import (
    Document,
    DocumentError,
    DocumentFile,
    DocumentLocked,
    DocumentWords,
    EntryList,
)
from procore_jupyter.files.locks import process_lock

LISTS = (
    EntryList("birds", lambda entry: isinstance(entry, dict) and isinstance(entry.get("name"), str)),
    EntryList("fish", lambda entry: isinstance(entry, dict), since=2),
)
WORDS = DocumentWords(thing="bird", kept="counted", clash="a bird may be lost")
MOVABLE = DocumentWords(
    thing="bird",
    kept="counted",
    clash="a bird may be lost",
    elsewhere="count elsewhere",
    afterwards="; count anew",
)

posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path: Path, told: list[str]) -> DocumentFile:
    return DocumentFile(tmp_path / "my birds" / "birds.json", LISTS, WORDS, told.append)


@pytest.fixture
def movable(file: DocumentFile, told: list[str]) -> DocumentFile:
    return DocumentFile(file.path, LISTS, MOVABLE, told.append)


def count(file: DocumentFile, name: str, **value: object) -> None:
    with file.changing() as found:
        found.put("birds", {"name": name}, value)


def test_a_change_is_written_as_a_whole_and_read_again(file: DocumentFile) -> None:
    count(file, "crow", number=1)
    count(file, "owl", number=2)
    count(file, "crow", number=3)
    assert file.read().entries("birds") == [{"name": "crow", "number": 3}, {"name": "owl", "number": 2}]
    assert file.path.read_bytes() == (
        b'{\n "version": 1,\n "birds": [\n  {\n   "name": "crow",\n   "number": 3\n  },\n  {\n   "name": "owl",\n   "number": 2\n  }\n ]\n}\n'
    )
    with file.changing() as found:
        found.remove("birds", {"name": "crow"})
    assert file.read().find("birds", {"name": "crow"}) is None


def test_the_lowest_version_that_holds_everything_is_written(file: DocumentFile) -> None:
    def version() -> object:
        return json.loads(file.path.read_bytes())["version"]

    count(file, "crow")
    assert version() == 1
    with file.changing() as found:
        found.put("fish", {"name": "carp"}, {})
    assert version() == 2
    with file.changing() as found:
        found.remove("fish", {"name": "carp"})
    assert version() == 1 and "fish" not in file.path.read_text()


def test_what_is_not_changed_is_not_written(file: DocumentFile) -> None:
    with file.changing():
        pass
    assert not file.path.exists()
    count(file, "crow")
    before = file.path.stat().st_ino
    count(file, "crow")
    with file.changing() as found:
        found.remove("birds", {"name": "owl"})
    assert file.path.stat().st_ino == before


def test_an_error_in_a_change_leaves_the_file_as_it_was(file: DocumentFile) -> None:
    count(file, "crow")
    before = file.path.read_bytes()
    with pytest.raises(ZeroDivisionError), file.changing() as found:
        found.put("birds", {"name": "owl"}, {})
        _ = 1 / 0
    assert file.path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ('{"version": 1, "birds": [{"name": 1}, {"name": "owl"}]}', ["owl"]),
        ('{"version": 2, "birds": [{"name": "owl"}], "fish": {}}', ["owl"]),
        ('{"version": 1, "birds": {}}', []),
        ('{"version": 1}', []),
        ("half of a f", []),
        ('"version"', []),
    ],
)
def test_a_damaged_file_is_kept_and_what_of_it_is_whole_stays(
    file: DocumentFile, movable: DocumentFile, told: list[str], content: str, left: list[str]
) -> None:
    count(file, "crow")
    file.path.write_text(content)
    assert file.read().damaged
    assert [entry["name"] for entry in movable.load().entries("birds")] == left
    (aside,) = file.path.parent.glob("birds.json.damaged-*")
    assert aside.read_text() == content
    lost = "A counted bird was" if left else "The counted birds were"
    assert told == [f"{lost} damaged. The file is kept as {aside}; count anew."]
    assert not file.read().damaged
    assert file.path.exists() == bool(left)


def test_a_newer_version_is_left_alone(file: DocumentFile, movable: DocumentFile) -> None:
    count(file, "crow")
    file.path.write_text('{"version": 3, "birds": 7}')
    said = f"{file.path} was written by a newer version of procore-jupyter, so it is left unchanged. Upgrade with  pip install -U procore-jupyter"
    for one, end in ((file, "."), (movable, ", or count elsewhere.")):
        for act in (one.read, one.load, lambda one=one: count(one, "owl")):
            with pytest.raises(DocumentError) as caught:
                act()
            assert str(caught.value) == said + end
    assert file.path.read_text() == '{"version": 3, "birds": 7}'


def test_a_busy_file_is_told_with_its_lock(file: DocumentFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "PATIENCE", 0.05)
    with process_lock(file.beside("lock"), 1), pytest.raises(DocumentLocked) as caught:
        count(file, "crow")
    assert str(caught.value) == (
        "Another notebook has been busy with the counted birds for 0.05 s. Try again; "
        f"if it goes on, restart the kernel that hangs (the lock is {file.beside('lock')})."
    )


@posix
def test_another_users_file_is_told_with_what_can_be_done_about_this_one(
    file: DocumentFile, movable: DocumentFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(file, "crow")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for one, end in ((file, "Move it away."), (movable, "Move it away, or count elsewhere.")):
        with pytest.raises(DocumentError) as caught:
            one.read()
        assert str(caught.value) == f"{file.path} belongs to another user, so it is not used. {end}"
        with pytest.raises(DocumentError) as caught:
            count(one, "owl")
        end = end.replace("Move it away", "Keep such a file in your own folder")
        assert str(caught.value) == f"The folder {file.path.parent} belongs to another user. {end}"


@posix
def test_a_file_that_others_may_read_is_told_with_the_line_to_run(movable: DocumentFile) -> None:
    count(movable, "crow")
    movable.path.chmod(0o644)
    with pytest.raises(
        DocumentError, match=r"Others can read or write .*chmod 600 '.*'  if you trust its content\.$"
    ):
        movable.read()


def test_a_folder_without_locks_is_told_once(
    file: DocumentFile, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, *arguments: object, **options: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    monkeypatch.setattr(document, "_warned", set())
    for _ in range(2):
        with file.lock("lock", 1) as alone:
            assert not alone
    count(file, "crow")
    assert told == [
        f"The folder {file.path.parent} can't be locked (No locks available): a bird may be lost."
    ]


def test_a_document_does_not_draw_its_content() -> None:
    assert "crow" not in repr(Document.parse('{"version": 1, "birds": [{"name": "crow"}]}', LISTS))
