"""Which address a place names to register, where nobody told it its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from procore_jupyter.login.discovery import default_callback_url, hub_callback_url
from procore_jupyter.login.receiver import ReceiverUnavailable
from procore_jupyter.login.receivers import UnusableReceiver, receivers_for
from procore_jupyter.login.ticket import Ticket
from procore_jupyter.secret import Secret
from procore_jupyter.settings.jupyter import Hub, Surroundings, surroundings_of


def hub(prefix: str = "/user/alice/", public_url: str | None = None) -> Hub:
    return Hub(Secret("t"), f"http://127.0.0.1:9{prefix}", prefix, public_url)


@pytest.mark.parametrize(
    ("around", "url"),
    [
        (hub(), "https://YOUR-HUB/hub/user-redirect/procore-jupyter/callback"),
        (hub("/jupyter/user/a/"), "https://YOUR-HUB/jupyter/hub/user-redirect/procore-jupyter/callback"),
        (
            hub(public_url="https://h.example/hub/"),
            "https://h.example/hub/user-redirect/procore-jupyter/callback",
        ),
    ],
)
def test_a_hub_names_one_address_for_all_users_with_a_gap_where_its_own_is_unknown(
    around: Hub, url: str
) -> None:
    assert hub_callback_url(around) == url


def test_on_a_hub_localhost_is_not_listened_at_unless_that_is_asked_for(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, hub=hub())
    found = receivers_for("http://localhost", around, Ticket.create())
    assert [type(one) for one in found][:1] == [UnusableReceiver]
    assert [one.name for one in found] == ["loopback", "paste"]
    with pytest.raises(ReceiverUnavailable, match="YOUR-HUB"):
        found[0].open(None)  # type: ignore[arg-type]
    asked = receivers_for("http://localhost:9", around, Ticket.create(), via="loopback")
    assert [one.name for one in asked] == ["loopback", "paste"]
    assert not isinstance(asked[0], UnusableReceiver)


def test_where_the_browser_is_on_another_machine_no_server_around_the_kernel_is_named(tmp_path: Path) -> None:
    around = surroundings_of({"KERNEL_GATEWAY": "1", "JUPYTER_RUNTIME_DIR": str(tmp_path)})
    assert around.browser_elsewhere
    assert default_callback_url(around) is None
    assert [one.name for one in receivers_for("http://localhost", around, Ticket.create())] == ["paste"]
