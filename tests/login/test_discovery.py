"""Which Jupyter server a CallbackURL means, told by files that are made here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.login.discovery import (
    JupyterServer,
    default_callback_url,
    find_server,
    own_server,
    running_servers,
)
from procore_jupyter.login.ticket import owner_file_name, to_text
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings

ME, PARENT = os.getpid(), os.getppid()
PATH = "procore-jupyter/callback"

Leave = Callable[..., Path]


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def leave(runtime: Path) -> Leave:
    """Leave a server's file, as Jupyter does; words given replace its own."""

    def leave(pid: int = ME, **given: object) -> Path:
        told: dict[str, object] = {
            "base_url": "/",
            "hostname": "localhost",
            "password": False,
            "pid": pid,
            "port": 8888,
            "root_dir": "/home/dana",
            "secure": False,
            "sock": "",
            "token": "the-token",
            "url": "http://localhost:8888/",
            "version": "2.21.1",
        }
        path = runtime / f"jpserver-{pid}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(told | given))
        return path

    return leave


def hub(**given: str) -> Hub:
    told = {
        "service_url": "http://127.0.0.1:53539/user/dana/",
        "service_prefix": "/user/dana/",
        "public_url": "https://hub.example/hub/",
    }
    return Hub(Secret("hub-token"), **(told | given))


def test_the_server_on_the_callback_url_s_port_is_meant_even_if_another_one_started_the_kernel(
    runtime: Path, leave: Leave
) -> None:
    leave(PARENT, port=8888)
    leave(ME, port=8889, token="other-token")

    server = find_server(f"http://localhost:8889/{PATH}", Surroundings(runtime, PARENT))

    assert server == JupyterServer(("127.0.0.1", "::1"), 8889, pid=ME, proof=Secret("other-token"))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", socket.gethostname()])
def test_this_machine_has_several_names(runtime: Path, leave: Leave, host: str) -> None:
    leave(ME)

    server = find_server(f"http://{host}:8888/{PATH}", Surroundings(runtime))

    assert server is not None
    assert server.pid == ME


def test_a_callback_url_without_a_port_means_the_scheme_s(runtime: Path, leave: Leave) -> None:
    leave(PARENT, port=80)
    leave(ME, port=443, secure=True)
    around = Surroundings(runtime)

    assert getattr(find_server(f"http://localhost/{PATH}", around), "port", None) == 80
    assert getattr(find_server(f"https://localhost/{PATH}", around), "port", None) == 443


@pytest.mark.parametrize(
    "callback_url",
    [
        "urn:ietf:wg:oauth:2.0:oob",
        "http://localhost:8888",
        "http://localhost:8888/",
        "http://localhost:8888/callback",
        "http://localhost:8888/procore-jupyter/callback/",
        "http://localhost:8888/xprocore-jupyter/callback",
        "ftp://localhost:8888/procore-jupyter/callback",
        "http://localhost:99999/procore-jupyter/callback",
        "http://[/procore-jupyter/callback",
        "",
    ],
)
def test_what_is_no_address_of_our_page_means_no_server(
    runtime: Path, leave: Leave, callback_url: str
) -> None:
    leave(ME)

    assert find_server(callback_url, Surroundings(runtime, ME)) is None


@given(st.text(max_size=40))
def test_no_callback_url_breaks_it(text: str) -> None:
    around = Surroundings(Path("/nowhere"), ME)

    assert find_server(text, around) is None
    assert find_server(f"http://{text}/{PATH}", around) is None


def test_behind_a_reverse_proxy_the_server_that_started_the_kernel_is_meant(
    runtime: Path, leave: Leave
) -> None:
    leave(PARENT, port=8888, base_url="/team/")
    leave(ME, port=443)

    server = find_server(f"https://data.example/team/{PATH}", Surroundings(runtime, PARENT))

    assert server is not None
    assert server.pid == PARENT
    assert not server.listens_at(f"https://data.example/team/{PATH}")


def test_behind_a_tunnel_or_a_container_s_port_too(runtime: Path, leave: Leave) -> None:
    leave(PARENT, port=8888)
    callback_url = f"http://localhost:9999/{PATH}"

    server = find_server(callback_url, Surroundings(runtime, PARENT))

    assert server is not None
    assert server.pid == PARENT
    assert not server.listens_at(callback_url)
    assert server.listens_at(f"http://localhost:8888/{PATH}")


def test_without_any_server_there_is_none(runtime: Path) -> None:
    around = Surroundings(runtime, ME)

    assert find_server(f"http://localhost:8888/{PATH}", around) is None
    assert own_server(around) is None
    assert default_callback_url(around) is None
    assert find_server(f"http://localhost:8888/{PATH}", Surroundings(runtime / "nowhere")) is None


def test_a_server_that_has_ended_is_passed_over(runtime: Path, leave: Leave) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    leave(process.pid)

    assert find_server(f"http://localhost:8888/{PATH}", Surroundings(runtime, process.pid)) is None


@pytest.mark.skipif(os.name != "posix", reason="process numbers")
def test_a_number_that_somebody_else_s_process_has_now_is_passed_over(
    runtime: Path, leave: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(ME)
    leave(PARENT)

    def kill(pid: int, number: int) -> None:
        assert number == 0
        if pid == ME:
            raise PermissionError

    monkeypatch.setattr(os, "kill", kill)

    assert [server.pid for server in running_servers(Surroundings(runtime))] == [PARENT]


@pytest.mark.skipif(os.name != "posix", reason="mode bits")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o622, 0o606])
def test_a_file_that_others_may_read_or_write_is_not_trusted(runtime: Path, leave: Leave, mode: int) -> None:
    leave(ME).chmod(mode)

    assert list(running_servers(Surroundings(runtime))) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_else_s_file_is_not_trusted(runtime: Path, leave: Leave) -> None:
    os.chown(leave(ME), 54321, -1)

    assert list(running_servers(Surroundings(runtime))) == []


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_to_a_file_is_not_followed(runtime: Path, leave: Leave) -> None:
    path = leave(ME)
    path.rename(runtime / "elsewhere")
    path.symlink_to(runtime / "elsewhere")

    assert list(running_servers(Surroundings(runtime))) == []


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '"x"', "[" * 100_000, "{}", '{"pid": 1}', "\0\xff"],
)
def test_a_file_that_is_no_server_s_is_passed_over(runtime: Path, leave: Leave, content: str) -> None:
    leave(ME).write_text(content)
    leave(PARENT, port=8889)

    assert [server.port for server in running_servers(Surroundings(runtime))] == [8889]


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": "8888"},
        {"port": True},
        {"port": 70000},
        {"pid": None},
        {"pid": -1},
        {"pid": 2**70},
        {"base_url": None},
        {"hostname": 1},
    ],
)
def test_a_file_with_nonsense_in_it_is_passed_over(
    runtime: Path, leave: Leave, wrong: dict[str, object]
) -> None:
    path = leave(ME)
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))

    assert list(running_servers(Surroundings(runtime))) == []


def test_a_server_without_a_token_is_proved_the_owner_with_the_owner_s_file(
    runtime: Path, leave: Leave
) -> None:
    leave(ME, token="", password=True)
    secret = runtime / owner_file_name(ME)
    secret.touch(mode=0o600)
    secret.write_bytes(bytes(range(32)))

    server = own_server(Surroundings(runtime, ME))

    assert server is not None
    assert server.proof == Secret(to_text(bytes(range(32))))


@pytest.mark.parametrize(("content", "mode"), [(bytes(31), 0o600), (b"", 0o600), (bytes(32), 0o644)])
@pytest.mark.skipif(os.name != "posix", reason="mode bits")
def test_an_owner_s_file_that_can_t_be_right_proves_nothing(
    runtime: Path, leave: Leave, content: bytes, mode: int
) -> None:
    leave(ME, token="")
    secret = runtime / owner_file_name(ME)
    secret.write_bytes(content)
    secret.chmod(mode)

    server = own_server(Surroundings(runtime, ME))

    assert server is not None
    assert server.proof is None


@pytest.mark.parametrize(
    ("hostname", "addresses"),
    [
        ("localhost", ("127.0.0.1", "::1")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("::1", ("::1",)),
        ("[::1]", ("::1",)),
        ("0.0.0.0", ("127.0.0.1", "::1")),
        ("::", ("127.0.0.1", "::1")),
        ("*", ("127.0.0.1", "::1")),
        ("", ("127.0.0.1", "::1")),
        ("10.1.2.3", ("10.1.2.3",)),
        ("Build-Box", ("build-box",)),
    ],
)
def test_where_a_server_is_reached_depends_on_where_it_listens(
    runtime: Path, leave: Leave, hostname: str, addresses: tuple[str, ...]
) -> None:
    # The URL in the file names the machine where the server listens everywhere: it isn't used.
    leave(ME, hostname=hostname, url="http://container-3f2a:8888/")

    server = own_server(Surroundings(runtime, ME))

    assert server is not None
    assert server.addresses == addresses


def test_a_server_on_a_unix_socket_is_meant_by_whatever_leads_to_it(runtime: Path, leave: Leave) -> None:
    leave(ME, sock="/tmp/jupyter.sock", port=0)
    leave(PARENT, port=8890)
    around = Surroundings(runtime, ME)

    server = find_server(f"http://localhost:8888/{PATH}", around)

    assert server is not None
    assert (server.sock, server.addresses) == ("/tmp/jupyter.sock", ())
    assert not server.listens_at(f"http://localhost:8888/{PATH}")
    assert default_callback_url(around) is None


@pytest.mark.parametrize(
    ("told", "callback_url"),
    [
        ({}, "http://localhost:8888/procore-jupyter/callback"),
        ({"port": 8889, "base_url": "/team a/"}, "http://localhost:8889/team%20a/procore-jupyter/callback"),
        ({"base_url": "/team%20a/"}, "http://localhost:8888/team%20a/procore-jupyter/callback"),
        ({"secure": True}, "https://localhost:8888/procore-jupyter/callback"),
        ({"hostname": "0.0.0.0"}, "http://localhost:8888/procore-jupyter/callback"),
    ],
)
def test_the_callback_url_to_register_is_the_own_server_s(
    runtime: Path, leave: Leave, told: dict[str, object], callback_url: str
) -> None:
    leave(ME, **told)
    around = Surroundings(runtime, ME)

    assert default_callback_url(around) == callback_url
    assert find_server(callback_url, around) == own_server(around)


@pytest.mark.parametrize(
    "callback_url",
    [
        "https://hub.example/hub/user-redirect/procore-jupyter/callback",
        "https://hub.example/user-redirect/procore-jupyter/callback",
        "https://hub.example/jhub/hub/user-redirect/procore-jupyter/callback",
        "https://hub.example/user/dana/procore-jupyter/callback",
        "http://localhost:8000/hub/user-redirect/procore-jupyter/callback",
    ],
)
def test_on_a_hub_its_addresses_mean_the_server_around_us(runtime: Path, callback_url: str) -> None:
    server = find_server(callback_url, Surroundings(runtime, hub=hub()))

    assert server == JupyterServer(("127.0.0.1",), 53539, "/user/dana/", proof=Secret("hub-token"))


def test_on_a_hub_another_user_s_address_means_none(runtime: Path, leave: Leave) -> None:
    leave(ME)
    around = Surroundings(runtime, ME, hub())

    assert find_server("https://hub.example/user/eve/procore-jupyter/callback", around) is None
    assert find_server("https://hub.example/user/dana2/procore-jupyter/callback", around) is None


@pytest.mark.parametrize("path", ["/hub/user-redirect/", "/user/dana/", "/user/dana/gpu/"])
def test_a_named_server_gets_its_answer_by_way_of_the_default_one_too(runtime: Path, path: str) -> None:
    named = hub(
        service_url="http://127.0.0.1:5/user/dana/gpu/", service_prefix="/user/dana/gpu/", server_name="gpu"
    )

    server = find_server(f"https://hub.example{path}{PATH}", Surroundings(runtime, hub=named))

    assert server is not None
    assert (server.base_url, server.named) == ("/user/dana/gpu/", True)


def test_a_hub_s_server_that_chose_its_port_itself_is_found_by_its_file(runtime: Path, leave: Leave) -> None:
    leave(ME, port=40001, base_url="/user/dana/", token="")
    around = Surroundings(runtime, ME, hub(service_url="http://:0/user/dana/"))

    server = own_server(around)

    assert server is not None
    assert (server.port, server.proof) == (40001, Secret("hub-token"))


def test_a_hub_s_server_in_a_container_is_reached_by_loopback(runtime: Path) -> None:
    server = own_server(Surroundings(runtime, hub=hub(service_url="http://0.0.0.0:8888/user/dana/")))

    assert server is not None
    assert server.addresses == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("public_url", "callback_url"),
    [
        ("https://hub.example/hub/", "https://hub.example/hub/user-redirect/procore-jupyter/callback"),
        ("https://hub.example/hub", "https://hub.example/hub/user-redirect/procore-jupyter/callback"),
        (None, None),
    ],
)
def test_on_a_hub_one_callback_url_is_for_all_users(
    runtime: Path, leave: Leave, public_url: str, callback_url: str
) -> None:
    leave(ME)

    assert default_callback_url(Surroundings(runtime, ME, hub(public_url=public_url))) == callback_url


def test_a_server_does_not_show_its_proof(runtime: Path, leave: Leave) -> None:
    leave(ME)

    assert "the-token" not in repr(own_server(Surroundings(runtime, ME)))
