"""Files come whole or not at all, under a harmless name, and the token goes to file hosts alone."""

from __future__ import annotations

import gzip
import os
import stat
import threading
import traceback
import unicodedata
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.files.names import LONGEST
from procore_jupyter.session import content_coding
from procore_jupyter.session.api_errors import NotFound, ProcoreAPIError
from procore_jupyter.session.downloads import download, name_of
from procore_jupyter.session.limits.rate_limit import SILENT
from procore_jupyter.session.refreshing import RefreshingSession
from procore_jupyter.session.rules import FileHosts
from procore_jupyter.session.scope import downloading
from tests.session.conftest import TOKEN, Answer, Arrived, Server, Tokens, Waits
from tests.test_addresses import LOOK_ALIKES

CONTENT = bytes(range(256)) * 10_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_written_as_it_comes(api: Server, session: RefreshingSession, folder: Path) -> None:
    api.answer = lambda request: Answer(body=CONTENT)
    told: list[tuple[int, int | None]] = []
    path = download(session, "/files/1/a.pdf", folder / "plan.pdf", lambda *far: told.append(far))
    assert path == folder / "plan.pdf" and path.read_bytes() == CONTENT
    assert left_in(folder) == ["plan.pdf"]
    assert told[0] == (0, len(CONTENT)) and told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert api.arrived[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_file_is_replaced_only_when_the_new_one_is_whole(
    api: Server, session: RefreshingSession, folder: Path
) -> None:
    path = folder / "plan.pdf"
    path.write_bytes(b"old")
    api.answer = lambda request: Answer(body=CONTENT, cut=True)
    with pytest.raises(requests.RequestException):
        download(session, "/files/1/a.pdf", path)
    assert path.read_bytes() == b"old" and left_in(folder) == ["plan.pdf"]
    assert len(api.arrived) == 4
    api.answers(Answer(body=CONTENT, cut=True), Answer(body=CONTENT))
    assert download(session, "/files/1/a.pdf", path).read_bytes() == CONTENT
    assert left_in(folder) == ["plan.pdf"]


def test_a_file_that_is_refused_leaves_nothing(api: Server, session: RefreshingSession, folder: Path) -> None:
    api.answer = lambda request: Answer(404, b'{"errors": "File not found"}')
    with pytest.raises(NotFound, match="File not found"):
        download(session, "/files/1/a.pdf", folder)
    api.answer = lambda request: Answer(403, b"<Error><Code>AccessDenied</Code></Error>")
    with pytest.raises(ProcoreAPIError):
        download(session, "/files/1/a.pdf", folder / "a.pdf")
    assert left_in(folder) == []


def test_in_a_folder_it_gets_the_name_it_comes_with_and_replaces_nothing(
    api: Server, session: RefreshingSession, folder: Path
) -> None:
    api.answer = lambda request: Answer(
        body=b"x", headers={"Content-Disposition": 'attachment; filename="A-101 plan.pdf"'}
    )
    assert download(session, "/files/1/a.pdf", folder) == folder / "A-101 plan.pdf"
    with pytest.raises(FileExistsError, match="already exists"):
        download(session, "/files/1/a.pdf", folder)
    api.answer = lambda request: Answer(body=b"x")
    assert download(session, "/files/1/other%20plan.pdf?x=/y", folder) == folder / "other plan.pdf"


def test_the_storage_that_it_leads_to_gets_nothing(
    api: Server, servers: Callable[..., Server], session: RefreshingSession, folder: Path
) -> None:
    other = servers()
    api.answer = lambda request: Answer(302, headers={"Location": f"{other.url}/storage/x.pdf"})
    other.answer = lambda request: Answer(body=b"plan")
    assert download(session, "/files/1/a.pdf", folder).read_bytes() == b"plan"
    assert "authorization" in api.arrived[0].headers
    assert not {"authorization", "procore-company-id"} & other.arrived[0].headers.keys()
    assert TOKEN not in str(other.arrived)


def test_a_transfer_that_is_packed_is_unpacked(api: Server, session: RefreshingSession, folder: Path) -> None:
    packed, told = gzip.compress(CONTENT), list[tuple[int, int | None]]()
    api.answer = lambda request: Answer(body=packed, headers={"Content-Encoding": "gzip"})
    path = download(session, "/files/1/a.pdf", folder / "a", lambda *far: told.append(far))
    assert path.read_bytes() == CONTENT
    assert told[0] == (0, len(packed)) and told[-1] == (len(packed), len(packed))
    assert api.arrived[0].headers["accept-encoding"] == content_coding.ACCEPTED


@pytest.mark.parametrize("left", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_packed_file_that_ends_before_its_packing_does_is_an_error_and_no_file(
    coding: str, left: float, api: Server, session: RefreshingSession, folder: Path
) -> None:
    """No length tells that it is cut: HTTP/1.0, or a proxy that packs."""
    whole = CONTENT
    for one in coding.split(", "):
        whole = gzip.compress(whole) if one == "gzip" else zlib.compress(whole)
    headers = {"Content-Encoding": coding}
    cut = Answer(body=whole[: int(len(whole) * left)], headers=headers, chunk=1000)
    api.answer = lambda request: cut
    with pytest.raises(requests.RequestException, match="broke off before its end"):
        download(session, "/files/1/a.pdf", folder / "a")
    assert left_in(folder) == []
    api.answers(cut, Answer(body=whole, headers=headers, chunk=1000))
    assert download(session, "/files/1/a.pdf", folder / "a").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", b"%PDF-1.7"), ("deflate", b"\xff\xff\xff"), ("br", b"x"), ("gzip, zstd", b"x")],
)
def test_a_packing_that_is_none_or_was_not_asked_for_is_an_error_and_no_file(
    coding: str, body: bytes, api: Server, session: RefreshingSession, folder: Path
) -> None:
    api.answer = lambda request: Answer(body=body, headers={"Content-Encoding": coding})
    with pytest.raises(requests.RequestException, match="can't be decompressed, so it was not saved"):
        download(session, "/files/1/a.pdf", folder / "a")
    assert left_in(folder) == [] and len(api.arrived) == 1


@pytest.mark.parametrize("status", [201, 202, 206, 300, 304])
def test_an_answer_that_is_not_the_whole_file_is_an_error_and_no_file(
    status: int, api: Server, session: RefreshingSession, folder: Path
) -> None:
    api.answer = lambda request: Answer(status, b"half")
    with pytest.raises(ProcoreAPIError, match="Something that isn't a file"):
        download(session, "/files/1/a.pdf", folder / "a")
    assert left_in(folder) == []


# What the path means; `tests/files/test_target.py` has the rest


def test_a_path_that_ends_in_a_slash_is_a_folder_and_is_made(
    api: Server, session: RefreshingSession, folder: Path
) -> None:
    for name in ("a.pdf", "b.pdf"):
        path = download(session, f"/files/{name}", f"{folder}/drawings/2026/")
        assert path == folder / "drawings" / "2026" / name
    assert left_in(folder / "drawings" / "2026") == ["a.pdf", "b.pdf"]
    api.answer = lambda request: Answer(404)
    with pytest.raises(NotFound):
        download(session, "/files/c.pdf", f"{folder}/photos/")
    assert left_in(folder) == ["drawings"]


def test_a_path_that_can_not_be_written_is_refused_before_the_first_request(
    api: Server, session: RefreshingSession, folder: Path
) -> None:
    (folder / "file").write_bytes(b"old")
    for path in ("none/a.pdf", "file/a.pdf", "file/", "x" * 256, "x" * 256 + "/"):
        with pytest.raises(OSError):
            download(session, "/files/1/a.pdf", f"{folder}/{path}")
    assert api.arrived == [] and left_in(folder) == ["file"]


def test_of_two_downloads_of_one_name_into_a_folder_one_is_refused(
    api: Server, session: RefreshingSession, folder: Path
) -> None:
    """Both look whether the name is taken before either has written it."""
    both = threading.Barrier(2)

    def answer(request: Arrived) -> Answer:
        both.wait(20)
        return Answer(body=request.path.encode())

    for _ in range(SILENT):  # until then, one request at a time is made
        session.get("/files")
    api.answer = answer
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(download, session, f"/files/{n}/plan.pdf", folder) for n in (1, 2)]
    assert sorted(type(one.exception()).__name__ for one in asked) == ["FileExistsError", "NoneType"]
    (kept,) = (one.result() for one in asked if one.exception() is None)
    assert left_in(folder) == ["plan.pdf"] and kept.read_bytes().startswith(b"/files/")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\\\..\\\\boot.ini"', "boot.ini"),
        ('attachment; filename=".bashrc"', "bashrc"),
        ('attachment; filename="a\x07b.pdf"', "a_b.pdf"),
        ("attachment; filename*=UTF-8''plan%E2%80%AEfdp.exe", "plan_fdp.exe"),
        ("attachment; filename*=UTF-8''%2e%2e%2fplan.pdf", "plan.pdf"),
        ("attachment; filename*=no-such-code''plan.pdf", "plan.pdf"),
        ('attachment; filename=".."', "address.pdf"),
        ('attachment; filename=""', "address.pdf"),
        ("attachment; filename*", "address.pdf"),
        ('attachment; filename="' + "x" * 500 + '.pdf"', "x" * (LONGEST - 4) + ".pdf"),
        ('attachment; filename="C:\\Plans\\A-101.pdf"', "A-101.pdf"),
        # The real name beside its stand-in (RFC 6266, section 4.3), in either order, in any case.
        ("attachment; filename=\"%3F%3F.pdf\"; filename*=UTF-8''%E8%A8%88%E7%94%BB.pdf", "計画.pdf"),
        ("attachment; filename*=utf-8'ja'%E8%A8%88%E7%94%BB.pdf; filename=\"__.pdf\"", "計画.pdf"),
        ("inline; FileName*=ISO-8859-1''Gr%FCn.pdf; FILENAME=Grun.pdf", "Grün.pdf"),
        ("attachment; filename*=\"UTF-8''%E8%A8%88.pdf\"", "計.pdf"),
        ("attachment; filename*0*=UTF-8''%E8; filename*1*=%A8%88.pdf", "計.pdf"),
        ("attachment; filename*=UTF-8''%ff%fe.pdf; filename=\"plan.pdf\"", "plan.pdf"),
        ('attachment; filename*=""; filename="plan.pdf"', "plan.pdf"),
        ("attachment; filename*=UTF-8''; filename=\"plan.pdf\"", "plan.pdf"),
        # A header's bytes are Latin-1 to requests: UTF-8 without a word about it.
        ('attachment; filename="' + "計画.pdf".encode().decode("latin-1") + '"', "計画.pdf"),
        ("attachment; filename*=UTF-8''" + "計画.pdf".encode().decode("latin-1"), "計画.pdf"),
        ('attachment; filename="Gr\xfcn.pdf"', "Grün.pdf"),
        ('attachment; filename="=?UTF-8?B?6KiI55S7LnBkZg==?="', "計画.pdf"),
        ("attachment; filename*=UTF-8''NUL.pdf", "_NUL.pdf"),
        ("attachment; filename*=UTF-8''a%E2%80%8Fb%D8%9Cc%E2%81%A7d.pdf", "a_b_c_d.pdf"),
    ],
)
def test_a_name_that_comes_from_elsewhere_does_no_harm(given: str, name: str) -> None:
    response = requests.Response()
    response.url = "https://x.test/files/address.pdf"
    response.headers["Content-Disposition"] = given
    assert name_of(response) == name


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_leads_out_of_its_folder(given: str, address: str) -> None:
    response = requests.Response()
    response.url = f"https://x.test/{address}"
    response.headers["Content-Disposition"] = f'attachment; filename="{given}"'
    name = name_of(response)
    assert (
        name
        and Path("/folder", name).parent == Path("/folder")
        and name[0] != "."
        and len(name.encode()) <= LONGEST
    )
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in name)


HOSTS = FileHosts(("*.procore.com", "files.example.com"))


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("https://storage.procore.com/x", True),
        ("https://a.b.procore.com/x", True),
        ("https://STORAGE.procore.com:443/x", True),
        ("https://files.example.com/x", True),
        ("https://procore.com/x", False),
        ("https://evilprocore.com/x", False),
        ("https://x.evilprocore.com/x", False),
        ("https://storage.procore.com.evil.test/x", False),
        ("http://storage.procore.com/x", False),
        ("https://storage.procore.com:8443/x", False),
        ("https://user@storage.procore.com/x", False),
        ("https://a.files.example.com/x", False),
        ("", False),
    ],
)
def test_a_host_of_files_is_one_by_its_labels_over_https(url: str, held: bool) -> None:
    assert HOSTS.holds(url) is held
    assert not FileHosts().holds(url)


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_what_looks_like_one_is_none(url: str) -> None:
    assert not FileHosts(("api.procore.com",)).holds(url)


def test_nothing_but_a_download_goes_to_a_host_of_files_with_the_sign_in(api: Server) -> None:
    """The same address is requested in both ways, and the adapter records what is sent."""
    from tests.hostile.test_redirects import Recorder

    recorder = Recorder()
    session = RefreshingSession(
        api.url, api.url, Tokens(), company_id=7, file_hosts=["*.procore.com"], max_wait=0
    )
    session.mount("https://", recorder)
    url = "https://storage.procore.com/plan.pdf"
    session.get(url)
    with downloading():
        session.get(url)
        recorder.answers = [{"Location": place} for place in (f"{url}?again", "https://bucket.aws.test/plan")]
        session.get(url)
    bearers = [headers.get("authorization", "") == f"Bearer {TOKEN}" for _, _, headers in recorder.sent]
    assert bearers == [False, True, True, True, False]
    assert not any("procore-company-id" in headers for _, _, headers in recorder.sent)
    assert TOKEN not in str(recorder.sent[-1])


SIGNED = "?X-Amz-Signature=5ca1ab1e5ca1ab1e"


@pytest.mark.parametrize(
    "storage",
    [
        "{closed}/plan",
        "{cuts}/plan",
        "{refuses}/plan",
        "{turns}/plan",
        "ftp://127.0.0.1/plan",
        "x{closed}/plan",
    ],
)
def test_the_signature_of_a_storage_s_address_is_in_no_error(
    storage: str, api: Server, servers: Callable[..., Server], session: RefreshingSession, folder: Path
) -> None:
    closed, cuts, refuses, turns = (servers() for _ in range(4))
    closed.stop()
    cuts.answer = lambda request: Answer(body=b"plan", cut=True)
    refuses.answer = lambda request: Answer(403, body=b"<Error>SignatureDoesNotMatch</Error>")
    turns.answer = lambda request: Answer(302, headers={"Location": f"{turns.url}/plan{SIGNED}"})
    place = storage.format(closed=closed.url, cuts=cuts.url, refuses=refuses.url, turns=turns.url)
    api.answer = lambda request: Answer(302, headers={"Location": place + SIGNED})
    with pytest.raises((requests.RequestException, ProcoreAPIError)) as caught:
        download(session, "/files/1/a.pdf", folder / "plan.pdf")
    shown = "".join(traceback.format_exception(caught.value))
    assert SIGNED[-16:] not in shown + repr(caught.value)
    assert left_in(folder) == []


def test_from_the_api_to_a_host_of_files_the_sign_in_goes_along_and_the_company_does_not(
    api: Server, folder: Path
) -> None:
    from tests.hostile.test_redirects import Recorder

    recorder = Recorder()
    session = RefreshingSession(
        api.url, api.url, Tokens(), company_id=7, file_hosts=["*.procore.com"], max_wait=0
    )
    session.mount("https://", recorder)
    api.answer = lambda request: Answer(302, headers={"Location": "https://storage.procore.com/plan.pdf"})
    download(session, "/files/1", folder / "plan.pdf")
    assert api.arrived[0].headers["procore-company-id"] == "7"
    ((_, url, headers),) = recorder.sent
    assert url == "https://storage.procore.com/plan.pdf"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert "procore-company-id" not in headers


def test_a_file_whose_server_is_busy_is_waited_for_as_any_other_answer(
    api: Server, session: RefreshingSession, waits: Waits, folder: Path
) -> None:
    api.answers(Answer(503), Answer(body=b"plan"))
    assert download(session, "/files/1/a.pdf", folder / "a").read_bytes() == b"plan"
    assert len(waits.slept) == 1


def test_a_token_that_is_refused_is_renewed_for_a_file_too(
    api: Server, session: RefreshingSession, tokens: Tokens, folder: Path
) -> None:
    def answer(request: Arrived) -> Answer:
        fresh = request.headers.get("authorization") == "Bearer token-number-2"
        return Answer(body=b"plan") if fresh else Answer(401)

    api.answer = answer
    assert download(session, "/files/1/a.pdf", folder / "a").read_bytes() == b"plan"
    assert tokens.rejected == [TOKEN]
