"""Files: from the address in a row, with a sign-in, to a storage elsewhere that wants none."""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from procore_jupyter.demo.company.contents import content, kind_of, size_of
from procore_jupyter.demo.parameters import DemoParameters
from tests.demo.apps import Clock
from tests.demo.listing import HARBOR_TOWER, Lists


def photo_of(lists: Lists) -> dict[str, Any]:
    return lists.rows("/rest/v1.0/images", project_id=HARBOR_TOWER)[0]


def redirect(lists: Lists, url: str) -> requests.Response:
    return lists.browser.get(url, allow_redirects=False, timeout=20)


def plain(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=20)


def test_a_photo_is_had_by_way_of_the_storage(lists: Lists) -> None:
    photo = photo_of(lists)
    assert photo["url"].startswith(f"{lists.demo.url}/files/")
    answer = redirect(lists, photo["url"])
    assert answer.status_code == 302
    place, here = urlsplit(answer.headers["Location"]), urlsplit(lists.demo.url)
    assert (place.hostname, place.port) == ("localhost", here.port)
    assert here.hostname == "127.0.0.1"
    assert re.fullmatch(rf"/storage/[^/]+/{photo['filename']}", place.path)
    file = plain(answer.headers["Location"])
    assert file.status_code == 200
    assert file.headers["Content-Type"] == "image/png"
    assert file.headers["Content-Length"] == str(photo["size"]) == str(len(file.content))
    assert file.headers["Content-Disposition"] == f'attachment; filename="{photo["filename"]}"'
    assert file.content == plain(answer.headers["Location"]).content


def test_requests_own_following_of_the_redirect_works(lists: Lists) -> None:
    # It drops the Authorization header on the way to another host.
    answer = lists.browser.get(photo_of(lists)["url"], timeout=20)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer forged"}], ids=["none", "forged"])
def test_a_file_needs_a_sign_in(lists: Lists, headers: dict[str, str]) -> None:
    answer = plain(photo_of(lists)["url"], **headers)
    assert answer.status_code == 401
    assert answer.json() == {"errors": "The access token is invalid"}
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_the_storage_refuses_whoever_signs_in_there(lists: Lists) -> None:
    location = redirect(lists, photo_of(lists)["url"]).headers["Location"]
    for value in ("Bearer x", str(lists.browser.headers["Authorization"]), "Basic eDp5"):
        answer = plain(location, Authorization=value)
        assert answer.status_code == 400
        assert "Only one auth mechanism allowed" in answer.text


def test_an_address_of_the_storage_expires(lists: Lists) -> None:
    clock = Clock()
    lists.demo.clock = clock
    lists.demo.parameters = DemoParameters(file_lifetime=60)
    own = Lists(lists.demo)
    location = redirect(own, photo_of(own)["url"]).headers["Location"]
    clock.now += 60
    assert plain(location).status_code == 200
    clock.now += 1
    refused = plain(location)
    assert refused.status_code == 403
    assert "AccessDenied" in refused.text


def test_an_address_of_the_storage_can_not_be_made_up(lists: Lists) -> None:
    location = redirect(lists, photo_of(lists)["url"]).headers["Location"]
    start, token, name = location.rsplit("/", 2)
    file_id, expires, signature = token.split(".")
    for wrong in (
        f"{int(file_id) + 4}.{expires}.{signature}/{name}",
        f"{file_id}.{int(expires) + 1}.{signature}/{name}",
        f"{file_id}.{expires}.{'0' * 64}/{name}",
        f"{file_id}.{expires}.{signature}/other.png",
    ):
        assert plain(f"{start}/{wrong}").status_code == 403
    assert plain(f"{start}/unsigned/{name}").status_code == 404


def test_a_file_of_another_company_or_none_at_all_is_not_found(lists: Lists) -> None:
    url = photo_of(lists)["url"]
    start, file_id, name = url.rsplit("/", 2)
    for wrong in (
        f"{start}/1/{name}",
        f"{start}/{'9' * 30}/{name}",
        f"{start}/{file_id}/photo.exe",
        f"{start}/{4 * 20000001}/{name}",  # a person, who has no files
    ):
        assert redirect(lists, wrong).status_code == 404
    # Dana has Skyline Civil too, the service account has not.
    records = lists.demo._records_in_force()
    civil = records.site(5801)
    assert civil is not None
    theirs = f"{start}/{4 * civil.id('photos', 0)}/{name}"
    assert redirect(lists, theirs).status_code == 404


def test_every_address_in_rows_leads_to_a_file(lists: Lists) -> None:
    project = f"/rest/v1.0/projects/{HARBOR_TOWER}"
    revision = lists.rows(f"{project}/drawing_revisions")[0]
    found = {revision["pdf_url"], revision["png_url"], revision["thumbnail_url"]}
    sizes = {revision["pdf_url"]: revision["pdf_size"], revision["png_url"]: revision["png_size"]}
    for row in lists.rows(f"{project}/rfis"):
        found |= {one["url"] for question in row["questions"] for one in question["attachments"]}
    for row in lists.rows("/rest/v1.0/prime_contracts", project_id=HARBOR_TOWER):
        found |= {one["url"] for one in row["attachments"]}
    documents = lists.rows(f"/rest/v2.0/projects/{HARBOR_TOWER}/documents", per_page=30)
    found |= {row["file"]["url"] for row in documents if row["file"]}
    sections = lists.rows("/rest/v1.0/specification_section_divisions", project_id=HARBOR_TOWER)
    found |= {row["url"] for row in sections}
    assert len(found) > 30
    assert len({url.split("/files/")[1].split("/")[0] for url in found}) == len(found)
    for url in found:
        answer = lists.browser.get(url, timeout=20)
        assert answer.status_code == 200, url
        assert len(answer.content) == sizes.get(url, len(answer.content))


def test_a_fault_waits_for_files_and_the_storage_too(lists: Lists) -> None:
    url = photo_of(lists)["url"]
    lists.demo.answer_next("/files/*", status=503)
    lists.demo.answer_next("/storage/*", status=500)
    assert redirect(lists, url).status_code == 503
    location = redirect(lists, url).headers["Location"]
    assert [plain(location).status_code for _ in range(2)] == [500, 200]


# What is in them


def test_a_picture_is_a_valid_png() -> None:
    data, place, kinds = content(4711, "a.png"), 8, []
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + size]
        (check,) = struct.unpack(">I", data[place + 8 + size : place + 12 + size])
        assert check == zlib.crc32(kind + body)
        kinds.append(kind)
        if kind == b"IDAT":
            assert len(zlib.decompress(body)) == 16 * (1 + 3 * 16)
        place += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_a_pdf_says_where_its_parts_are() -> None:
    data = content(4711, "a.pdf")
    assert data.startswith(b"%PDF-1.4\n")
    assert data.endswith(b"%%EOF\n")
    table = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[table:].startswith(b"xref\n0 6\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", data), start=1):
        assert data[int(place) :].startswith(b"%d 0 obj" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream", data)
    assert stream is not None
    assert int(stream[1]) == len(stream[2])


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.txt"])
def test_files_of_a_kind_differ_and_have_one_size(name: str) -> None:
    one, other = content(1, name), content(2**52, name)
    assert one != other
    assert len(one) == len(other) == size_of(name)
    assert one == content(1, name)


def test_there_are_no_other_kinds() -> None:
    assert kind_of("a.exe") is None
    with pytest.raises(ValueError, match=r"a\.exe"):
        content(1, "a.exe")
