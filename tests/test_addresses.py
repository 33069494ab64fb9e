"""The one check of (scheme, host, port): what is the API host, and what only looks like it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from procore_jupyter.addresses import Origin, can_be_returned_to, checked_origin, may_lead_to

API = Origin("https://api.procore.com")

OURS = [
    "https://api.procore.com/",
    "https://api.procore.com/rest/v1.0/me?x=1#y",
    "https://api.procore.com?x=1",
    "https://api.procore.com#x",
    "https://api.procore.com",
    "https://api.procore.com:443/rest",
    "https://api.procore.com:0443/rest",
    "HTTPS://API.Procore.COM/rest",
    "https://api.procore.com/@evil.test/",
    "https://api.procore.com/\\@evil.test/",
    "https://api.procore.com/?u=https://evil.test/",
]

LOOK_ALIKES = [
    "http://api.procore.com/",
    "http://api.procore.com:443/",
    "https://api.procore.com:8443/",
    "https://api.procore.com:80/",
    "https://api.procore.com.evil.test/",
    "https://api.procore.com@evil.test/",
    "https://api.procore.com:443@evil.test/",
    "https://api.procore.com%40evil.test/",
    "https://api.procore.com\\@evil.test/",
    "https://api.procore.com\\.evil.test/",
    "https://api.procore.com%2f@evil.test/",
    "https://api.procore.com%2f.evil.test/",
    "https://api.procore.com%00.evil.test/",
    "https://api.procore.com\t.evil.test/",
    "https://api.procore.com\n.evil.test/",
    "https://api.procore.com\r\n.evil.test/",
    "https://api.procore.com .evil.test/",
    "https://api.procore.com;.evil.test/",
    "https://api.procore.com,evil.test/",
    "https://api.procore.com&@evil.test/",
    "https://evil.test#@api.procore.com/",
    "https://evil.test?@api.procore.com/",
    "https://evil.test\\@api.procore.com/",
    "https://evil.test/api.procore.com/",
    "https://evil.test;@api.procore.com/",
    "https://user@api.procore.com/",
    "https://user:word@api.procore.com/",
    "https://@api.procore.com/",
    "https://evil.test@api.procore.com@evil.test/",
    "https://api.procore.com./",
    "https://api.procore.com../",
    "https://.api.procore.com/",
    "https://xapi.procore.com/",
    "https://sandbox.api.procore.com/",
    "https://procore.com/",
    "https://apiXprocore.com/",
    "https://api-procore.com/",
    "https://api.procore.co/",
    "https://api.procore.comm/",
    "https://\u0430pi.procore.com/",
    "https://api\u3002procore\u3002com/",
    "https://\uff41pi.procore.com/",
    "https://api.procore.com\u2044.evil.test/",
    "https://api.procore.com\uff0fevil.test/",
    "https://api%2eprocore%2ecom/",
    "https://%61pi.procore.com/",
    "https://api.procore.com:/",
    "https://api.procore.com:443x/",
    "https://api.procore.com:99999/",
    "https://api.procore.com:-443/",
    "https://api.procore.com:\u0664\u0664\u0663/",
    "https://api.procore.com:443:443/",
    "https:/api.procore.com/",
    "https:///api.procore.com/",
    "https:api.procore.com/",
    "//api.procore.com/",
    "/rest/v1.0/me",
    " https://api.procore.com/",
    "\thttps://api.procore.com/",
    "\x00https://api.procore.com/",
    "https\t://api.procore.com/",
    "ftp://api.procore.com/",
    "file://api.procore.com/",
    "javascript://api.procore.com/",
    "https+x://api.procore.com/",
    "https://[api.procore.com]/",
    "https://[::1]/",
    "https://2130706433/",
    "",
    "https://",
]


@pytest.mark.parametrize("url", OURS)
def test_a_url_of_the_api_host_is_the_api_hosts(url: str) -> None:
    assert API.holds(url)


@pytest.mark.parametrize("url", LOOK_ALIKES)
def test_a_look_alike_is_not_the_api_host(url: str) -> None:
    assert not API.holds(url)


def test_no_url_at_all_is_not_the_api_host() -> None:
    assert not API.holds(None)


def test_a_port_belongs_to_the_origin() -> None:
    local = Origin("http://127.0.0.1:8123")
    assert local.holds("http://127.0.0.1:8123/rest")
    assert not local.holds("http://127.0.0.1:8124/rest")
    assert not local.holds("http://127.0.0.1:81231/rest")
    assert not local.holds("http://127.0.0.1/rest")
    assert not local.holds("https://127.0.0.1:8123/rest")
    assert not local.holds("http://localhost:8123/rest")


def test_port_zero_is_not_the_usual_port_though_a_parser_takes_it_for_none() -> None:
    # urlsplit gives 0, which is as false as None: what takes "no port" for 443 would take this for it too.
    assert not API.holds("https://api.procore.com:0/rest/v1.0/me")
    assert not Origin("http://localhost").holds("http://localhost:0/")


def test_an_ipv6_host_is_read() -> None:
    local = Origin("http://[::1]:8123")
    assert local.holds("http://[::1]:8123/rest")
    assert not local.holds("http://[::1]:8124/rest")
    assert not local.holds("http://[::2]:8123/rest")
    assert repr(local) == "http://[::1]:8123"


@pytest.mark.parametrize(
    "url", ["", "api.procore.com", "ftp://api.procore.com", "https://user@host", "https://"]
)
def test_what_has_no_plain_origin_makes_none(url: str) -> None:
    with pytest.raises(ValueError):
        Origin(url)
    assert Origin.of(url) is None


def test_the_address_of_an_origin_is_drawn_with_its_port_where_that_is_not_the_usual() -> None:
    assert repr(API) == "https://api.procore.com"
    assert repr(Origin("https://api.procore.com:8443/x")) == "https://api.procore.com:8443"


PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        "api.procore.com",
        "evil.test",
        "@",
        ":",
        "443",
        "80",
        "/",
        "\\",
        "?",
        "#",
        ".",
        "%2e",
    ]
    + [
        "%40",
        "%2f",
        " ",
        "\t",
        "\n",
        "\r",
        "\x00",
        "user",
        "[",
        "]",
        "::1",
        "\u3002",
        "\uff0f",
        "//",
        "API.procore.com",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_is_taken_for_the_api_host_is_connected_to_the_api_host_by_every_parser(url: str) -> None:
    if not API.holds(url):
        return
    # What requests' adapter connects to, and what urllib3 makes of the same text.
    split = urlsplit(url)
    assert (split.scheme, split.hostname, split.port or 443) == ("https", "api.procore.com", 443)
    assert (split.username, split.password) == (None, None)
    other = parse_url(url)
    assert (other.scheme, other.host, other.port or 443, other.auth) == (
        "https",
        "api.procore.com",
        443,
        None,
    )


@given(st.lists(PIECES, max_size=8).map("".join))
def test_whatever_requests_would_connect_to_the_api_host_by_a_plain_url_is_taken_for_it(rest: str) -> None:
    try:
        url = requests.Request("GET", "https://api.procore.com/" + rest).prepare().url
    except (requests.RequestException, ValueError):
        return
    assert API.holds(url)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    Origin.of(text)
    Origin.of("https://" + text)
    may_lead_to("https://" + text, frozenset({"api.procore.com"}))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.procore.com/",
        "http://api.procore.com:8080/",
        "https://API.procore.com./",
        "https://user@api.procore.com/",
        "https://api%2eprocore.com/",
        "https://api.procore.com\\@evil.test/",
        "https://api\u3002procore.com/",
        "https://[",
        "https:///",
        "",
    ],
)
def test_in_doubt_a_url_may_lead_to_the_host(url: str) -> None:
    assert may_lead_to(url, frozenset({"api.procore.com"}))


@pytest.mark.parametrize(
    "url", ["https://evil.test/", "https://api.procore.com.evil.test/", "http://127.0.0.1:9/"]
)
def test_another_host_surely_is_another(url: str) -> None:
    assert not may_lead_to(url, frozenset({"api.procore.com"}))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("https://API.Procore.com:0443/", "https://api.procore.com"),
        ("https://api.procore.com:8443", "https://api.procore.com:8443"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[0:0::1]:8123", "http://[::1]:8123"),
        ("https://a_host.example", "https://a_host.example"),
    ],
)
def test_an_origin_that_a_person_wrote_has_one_spelling_and_leads_to_itself(text: str, spelled: str) -> None:
    assert checked_origin(text) == spelled
    assert str(Origin(spelled)) == spelled
    assert Origin(spelled).holds(f"{spelled}/rest")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://api.procore.com/rest", "without a path"),
        ("https://api.procore.com\n", "without a path"),
        ("https://dana@api.procore.com", "without a path, query or user name"),
        ("http://api.procore.com", "must begin with https"),
        ("https://api.procore.com:0", "has an invalid port"),
        ("https://[::1::2]", "invalid IPv6 address"),
        ("https://\u212aone.example", "must look like"),
        ("api.procore.com", "must look like"),
    ],
)
def test_what_is_no_origin_is_refused_and_not_repeated(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        checked_origin(text)


@pytest.mark.parametrize(
    ("redirect_uri", "can"),
    [
        ("urn:ietf:wg:oauth:2.0:oob", True),
        ("urn:ietf:wg:oauth:2.0:oob:auto", False),
        ("urn:ietf:wg:oauth:2.0:oobx", False),
        ("http://localhost", True),
        ("http://[::1]:8888/procore-jupyter/callback?x=1", True),
        ("https://hub.example/user/dana/procore-jupyter/callback", True),
        ("http://localhost:0/", False),
        ("http://localhost:65536/", False),
        ("http://localhost/#x", False),
        ("http://dana@localhost/", False),
        ("http://localhost/\x00", False),
        ("http://local host/", False),
        ("myapp://callback", False),
        ("", False),
    ],
)
def test_a_browser_can_be_sent_back_to_an_address_and_to_the_page_with_the_code(
    redirect_uri: str, can: bool
) -> None:
    assert can_be_returned_to(redirect_uri) is can
