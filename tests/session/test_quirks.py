"""What lists were found to do: known to all kernels, believed as long as it was said to be, and lost without harm."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from procore_jupyter.files.document import Document, DocumentFile
from procore_jupyter.session.quirks import MOST, Quirks, without_ids

API = "https://api.procore.test"
LINES = "/rest/v1.0/prime_contracts/{}/line_items"

Known = Callable[..., Quirks]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "quirks.json"


@pytest.fixture
def known(path: Path) -> Known:
    """Give a maker of quirks that share one file, as several kernels do."""

    def make(api: str = API, clock: Callable[[], float] = lambda: 1000.0) -> Quirks:
        return Quirks(api, path, clock)

    return make


def test_what_one_kernel_found_another_knows_of_the_lists_of_all_parents_at_the_same_api(
    known: Known,
) -> None:
    one, other = known(), known()
    assert other.find(LINES, "largest_page", int) is None
    one.keep("/rest/v1.0/prime_contracts/4711/line_items", "largest_page", 100)
    for quirks in (one, other, known()):
        assert quirks.find("/rest/v1.0/prime_contracts/815/line_items?a=b", "largest_page", int) == 100
        assert quirks.find("/rest/v1.0/prime_contracts/{contract_id}/line_items", "largest_page", int) == 100
    assert one.find("/rest/v1.0/prime_contracts", "largest_page", int) is None
    assert one.find(LINES, "filter", str) is None
    assert known("https://other.test").find(LINES, "largest_page", int) is None


def test_several_quirks_of_several_apis_stand_side_by_side(known: Known) -> None:
    one, other = known(), known("https://other.test")
    one.keep(LINES, "largest_page", 100)
    other.keep(LINES, "largest_page", 25)
    one.keep(LINES, "form of vendor_id", "list")
    one.keep(LINES, "largest_page", 50)
    for quirks in (one, known()):
        assert quirks.find(LINES, "largest_page", int) == 50
        assert quirks.find(LINES, "form of vendor_id", str) == "list"
    assert known("https://other.test").find(LINES, "largest_page", int) == 25


def test_what_is_believed_for_a_while_is_forgotten_after_it(known: Known, path: Path) -> None:
    now = [1000.0]
    one, other = known(clock=lambda: now[0]), known(clock=lambda: now[0])
    one.keep(LINES, "largest_page", 25, seconds=60)
    now[0] += 59
    assert one.find(LINES, "largest_page", int) == other.find(LINES, "largest_page", int) == 25
    now[0] += 1
    assert one.find(LINES, "largest_page", int) is other.find(LINES, "largest_page", int) is None
    one.keep(LINES, "other", True)
    assert [entry["name"] for entry in json.loads(path.read_text())["quirks"]] == ["other"]


def test_the_file_is_private_and_holds_neither_ids_nor_names(known: Known, path: Path) -> None:
    known().keep("/rest/v1.0/companies/562949953421312/Harbor Tower/rfis?token=s3cret", "largest_page", 100)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = {"api": API, "path": "/rest/v1.0/companies/{}/{}/rfis", "name": "largest_page", "value": 100}
    assert json.loads(path.read_text()) == {"version": 1, "quirks": [kept]}
    assert without_ids("rest/v2.1/companies/{company_id}/01J9ZK/x_y/") == "/rest/v2.1/companies/{}/{}/x_y"


def test_what_is_known_already_is_not_written_again_and_the_oldest_go_first(known: Known, path: Path) -> None:
    known().keep(LINES, "largest_page", 100)
    before = path.stat().st_ino
    known().keep(LINES, "largest_page", 100)
    assert path.stat().st_ino == before
    entry = {"api": API, "path": "/x", "value": 1}
    many = [{**entry, "name": f"n{number}"} for number in range(MOST)]
    path.write_text(json.dumps({"version": 1, "quirks": many}))
    known().keep(LINES, "largest_page", 100)
    names = [entry["name"] for entry in json.loads(path.read_text())["quirks"]]
    assert names == [*(f"n{number}" for number in range(1, MOST)), "largest_page"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"half of a f",
        b"[]",
        b'{"version": 99, "quirks": 7}',
        b'{"version": 1}',
        b'{"version": 1, "quirks": [{"api": 1}, {"path": []}, 7, null]}',
        b'{"version": 1, "quirks": [{"api": "https://api.procore.test", "path": "/x", "name": "n", "value": {}, "until": "x"}]}',
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_or_newer_file_costs_nothing_but_what_was_in_it(
    known: Known, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    one = known()
    assert one.find("/x", "n", int) is None
    one.keep(LINES, "largest_page", 100)
    assert one.find(LINES, "largest_page", int) == 100
    if b"99" in content:
        assert path.read_bytes() == content
    else:
        assert known().find(LINES, "largest_page", int) == 100


def test_a_value_of_another_type_is_not_believed(known: Known) -> None:
    known().keep(LINES, "largest_page", "a hundred")
    assert known().find(LINES, "largest_page", int) is None
    known().keep(LINES, "largest_page", True)
    assert known().find(LINES, "largest_page", int) is None


def test_where_nothing_can_be_written_or_read_a_process_remembers_by_itself(
    known: Known, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Quirks(API)
    alone.keep(LINES, "largest_page", 100)
    assert alone.find(LINES, "largest_page", int) == 100
    path.mkdir()  # what a file can't replace, and what can't be read as one
    one = known()
    one.keep(LINES, "largest_page", 100)
    assert one.find(LINES, "largest_page", int) == 100
    assert known().find(LINES, "largest_page", int) is None


def test_a_thread_that_looks_while_another_reads_knows_it_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Quirks(API, path).keep("/rest/v1.0/projects/7/rfis", "largest_page", 100)
    quirks, reading, go_on = Quirks(API, path), threading.Event(), threading.Event()
    read = DocumentFile.read

    def slowly(file: DocumentFile) -> Document:
        if threading.current_thread() is first:
            reading.set()
            assert go_on.wait(20)
        return read(file)

    monkeypatch.setattr(DocumentFile, "read", slowly)
    first = threading.Thread(target=quirks.find, args=("/rest/v1.0/projects/8/rfis", "largest_page", int))
    first.start()
    assert reading.wait(20)
    found = quirks.find("/rest/v1.0/projects/9/rfis", "largest_page", int)
    go_on.set()
    first.join()
    assert found == 100


def test_processes_that_write_at_once_lose_nothing(known: Known, path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from procore_jupyter.session.quirks import Quirks\n"
        f"quirks = Quirks({API!r}, Path({str(path)!r}))\n"
        "for n in range(20): quirks.keep('/x', f'{sys.argv[1]} {n}', n)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, name]) for name in ("a", "b")]
    assert [one.wait(60) for one in running] == [0, 0]
    found = Quirks(API, path)
    assert all(found.find("/x", f"{name} {n}", int) == n for name in "ab" for n in range(20))
