"""The ticket, its hash, and what of it may be shown."""

from __future__ import annotations

import base64
import hashlib
import pickle
import subprocess
import sys
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.login.ticket import Ticket, owner_file_name, split_state


def test_the_state_is_the_sha256_of_the_32_bytes_in_base64url_without_padding() -> None:
    raw = bytes(range(32))

    ticket = Ticket(raw)

    assert ticket.state == base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    assert ticket.header == base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert ticket.state == ticket.key


def test_two_tickets_are_never_the_same() -> None:
    assert len({Ticket.create().header for _ in range(1000)}) == 1000


@given(st.binary(min_size=32, max_size=32))
def test_a_ticket_survives_its_header(raw: bytes) -> None:
    ticket = Ticket.from_header(Ticket(raw).header)

    assert ticket.header == Ticket(raw).header
    assert ticket.state == Ticket(raw).state


@given(st.text(max_size=60) | st.text(alphabet="ABCabc019_-+/=\n ", min_size=42, max_size=45))
def test_only_what_a_ticket_writes_is_read_as_one(text: str) -> None:
    try:
        ticket = Ticket.from_header(text)
    except ValueError:
        return
    assert ticket.header == text


@pytest.mark.parametrize(
    "change", [lambda t: t + "=", lambda t: t[:-1], lambda t: t + "A", lambda t: t[:-1] + "B", lambda t: ""]
)
def test_a_header_that_decodes_to_the_same_bytes_but_is_spelled_otherwise_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    header = Ticket(b"\0" * 32).header

    with pytest.raises(ValueError, match=r"^That is not a ticket\.$"):
        Ticket.from_header(change(header))


@given(st.text(min_size=1, max_size=30))
def test_a_named_server_s_state_tells_the_name_and_survives_a_url(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    ticket = Ticket(b"\1" * 32, name)

    key, encoded = split_state(ticket.state)

    assert key == ticket.key
    assert unquote(encoded) == name
    assert set(ticket.state) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def test_a_named_server_s_state_is_the_hash_a_dot_and_the_name() -> None:
    ticket = Ticket.create("gpu-2")

    assert ticket.state == f"{ticket.key}.gpu-2"


def test_a_ticket_does_not_show_itself_and_is_not_pickled() -> None:
    ticket = Ticket.create()

    assert ticket.header not in f"{ticket!r} {ticket} {vars(type(ticket))}"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(ticket)


def test_a_ticket_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        Ticket(bytes(31))


def test_the_owner_s_file_is_named_after_the_server_s_process() -> None:
    assert owner_file_name(4711) == "procore-jupyter-owner-4711"


def test_the_ticket_module_needs_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import procore_jupyter.login.ticket;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == ["procore_jupyter"]
