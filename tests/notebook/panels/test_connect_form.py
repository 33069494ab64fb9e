"""The form of a ``%procore_connect`` that doesn't know the app yet, in a real kernel against the embedded Procore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.kernels import WIDGET, Cell, Kernel
from tests.notebook.conftest import StartKernel
from tests.notebook.drawn_panels import link, sign_in
from tests.servers import free_port

ME = "print(procore.get('/rest/v1.0/me').json()['name'])"


@pytest.fixture
def hosts(demo: DemoProcore) -> str:
    """Give a connection string that says all but the app."""
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    return f"LoginURL={demo.url};APIURL={demo.url};CallbackURL={callback};"


def connections(home: Path) -> Path:
    return home / ".local/share/procore-jupyter/connections.json"


def fill(kernel: Kernel, **fields: str) -> None:
    """Type into the form's fields, by their labels."""
    for label, text in fields.items():
        kernel.send_state(kernel.widget(description=label.replace("_", " ")), value=text)


def press(kernel: Kernel, button: str = "Connect") -> None:
    kernel.click(kernel.widget(description=button))


def shows(kernel: Kernel, words: str) -> bool:
    return any(words in str(state.get("value")) for state in list(kernel.widgets.values()))


def fill_in(kernel: Kernel, demo: DemoProcore, cell: Cell, **more: str) -> None:
    """Fill in the form as a person does, and sign in."""
    fill(kernel, Client_ID=demo.client_id, Client_Secret=demo.client_secret, **more)
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)


def test_filled_in_it_signs_in_saves_what_worked_and_a_new_kernel_asks_nothing(
    start_kernel: StartKernel, kernel: Kernel, demo: DemoProcore, hosts: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect {hosts}")
    assert (cell.status, cell.error) == ("ok", "")
    assert WIDGET in cell.saved and not connections(home).exists()
    assert kernel.widget(description="Save as") and shows(
        kernel, hosts.rpartition("CallbackURL=")[2].rstrip(";")
    )
    fill(kernel, Client_ID=demo.client_id, Client_Secret=demo.client_secret, Company_ID="1234")
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    assert not connections(home).exists(), "saved before it has worked"
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert "Saved as `default`" in cell.plain and WIDGET not in cell.saved
    assert kernel.run(ME).status == "ok"
    assert kernel.run("print(procore.company_id)").text == "1234\n"

    assert demo.client_secret not in connections(home).read_text()
    assert demo.client_secret in (home / ".local/share/procore-jupyter/tokens.json").read_text()
    other = start_kernel()
    again = other.run("%load_ext procore_jupyter\n%procore_connect\nprint(procore.company_id)")
    assert again.text == "1234\n" and "procore-card" in again.html and not other.panels
    # … and the secret is really used: a renewal needs it.
    demo.oauth.revoke_all()
    renewed = other.run("%procore_connect --login")
    assert renewed.status == "ok"
    sign_in(other)
    assert other.run(ME).status == "ok"


def test_the_secret_is_in_no_message_of_the_kernel_and_in_no_file_but_the_token_store(
    kernel: Kernel, demo: DemoProcore, hosts: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect {hosts}")
    field = kernel.widget(description="Client Secret")
    fill(kernel, Client_ID=demo.client_id, Client_Secret=demo.client_secret)
    kernel.until(lambda: kernel.widgets[field]["value"] == "" and shows(kernel, "Received"))
    shown = kernel.run(
        "import ipywidgets\nprint([(w, getattr(w, 'value', '')) for w in ipywidgets.Widget.widgets.values()]"
        " if hasattr(ipywidgets.Widget, 'widgets') else '')"
    )
    assert demo.client_secret not in shown.text
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert kernel.run("procore").status == "ok"
    assert demo.client_secret not in kernel.said
    holders = [
        one.name
        for one in home.rglob("*")
        if one.is_file() and demo.client_secret.encode() in one.read_bytes()
    ]
    assert holders == ["tokens.json"]


def test_a_call_before_it_is_filled_in_says_so_at_once_and_the_session_is_the_same_afterwards(
    kernel: Kernel, demo: DemoProcore, hosts: str
) -> None:
    cell = kernel.run(f"%procore_connect {hosts}\nkept = procore\nprocore.headers['X-Mine'] = 'yes'")
    for call in (
        "procore.me()",
        "procore.get('/rest/v1.0/me')",
        "procore.projects()",
        "procore.use(company=1)",
    ):
        early = kernel.run(call)
        assert early.error.startswith("LoginRequired: Not connected yet: fill in the form"), call
    seen = kernel.run("print(repr(procore), bool(procore), 'me' in dir(procore), procore.company_id)")
    assert "fill in the form" in seen.text and seen.text.endswith("True True None\n")
    assert "fill in the form" in kernel.run("%procore_status").plain
    background = kernel.run(
        "import threading\ngot = []\n"
        "thread = threading.Thread(target=lambda: got.append(kept.me()['name'])); thread.start()"
    )
    assert background.status == "ok"
    fill_in(kernel, demo, cell)
    done = kernel.run(
        "thread.join(30); print(got, kept is procore, kept.me()['name'], kept.headers['X-Mine'])"
    )
    assert done.text.startswith("['") and " True " in done.text and "yes" in done.text


def test_what_is_missing_or_wrong_is_said_below_its_field_and_nothing_is_lost(
    kernel: Kernel, demo: DemoProcore, hosts: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect {hosts}")
    press(kernel)
    kernel.until(
        lambda: shows(kernel, "The Client ID is missing.") and shows(kernel, "The Client Secret is missing.")
    )
    fill(kernel, Client_ID="with a blank", Client_Secret=demo.client_secret)
    press(kernel)
    kernel.until(lambda: shows(kernel, "Client ID contains a space"))
    fill(kernel, Client_ID=demo.client_id, Company_ID="Skyline")
    press(kernel)
    kernel.until(lambda: shows(kernel, "Company ID must be a whole number"))
    fill(kernel, Company_ID="", Save_as="a=b")
    press(kernel)
    kernel.until(lambda: shows(kernel, "A saved connection&#x27;s name"))
    fill(kernel, Save_as="")
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert "Saved" not in cell.plain and not connections(home).exists()


def test_only_what_is_missing_has_to_be_typed(kernel: Kernel, demo: DemoProcore, hosts: str) -> None:
    cell = kernel.run(f"%procore_connect {hosts}OAuthClientId={demo.client_id}")
    assert kernel.widgets[kernel.widget(description="Client ID")]["value"] == demo.client_id
    assert shows(kernel, "Enter your app&#x27;s Client Secret.")
    fill(kernel, Client_Secret=demo.client_secret)
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html)
    # The app's secret is kept by its Client ID: the same string needs no secret any more.
    again = kernel.run(
        f"%procore_connect --name again {hosts}OAuthClientId={demo.client_id}\nprint(again.company_id)"
    )
    assert again.status == "ok" and "procore-card" in again.html and not kernel.panels


def test_an_examples_placeholder_is_asked_for_as_if_nothing_was_given(kernel: Kernel, hosts: str) -> None:
    cell = kernel.run(
        f"%procore_connect {hosts}OAuthClientId=your_client_id;OAuthClientSecret=your_client_secret"
    )
    assert cell.status == "ok"
    assert kernel.widgets[kernel.widget(description="Client ID")]["value"] == ""


def test_enter_in_a_field_connects_with_what_was_just_typed(
    kernel: Kernel, demo: DemoProcore, hosts: str
) -> None:
    kernel.run(f"%procore_connect {hosts}")
    fill(kernel, Client_ID=demo.client_id)
    field = kernel.widget(description="Client Secret")
    kernel._comm(field, {"method": "custom", "content": {"event": "submit"}})
    kernel.send_state(field, value=demo.client_secret)  # browsers send it after the key
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    assert link(kernel).startswith(demo.url)


def test_cancel_and_running_another_cell_end_it(kernel: Kernel, demo: DemoProcore, hosts: str) -> None:
    cell = kernel.run(f"%procore_connect {hosts}")
    press(kernel, "Cancel")
    kernel.until(lambda: "the form was cancelled" in cell.html and not kernel.widgets)
    assert kernel.run("procore.me()").error.startswith("LoginDenied: Not connected: the form was cancelled")
    first = kernel.run(f"%procore_connect {hosts}")
    second = kernel.run(f"one = procore\n%procore_connect {hosts}\nprint(procore is one)")
    assert second.text == "True\n"
    kernel.until(lambda: "has moved" in first.html and WIDGET not in first.saved)
    third = kernel.run(f"%procore_connect {hosts}Timeout=5\nprint(procore is one)")
    assert third.text == "False\n"
    kernel.until(lambda: "was replaced" in second.html and WIDGET not in second.saved)
    fill_in(kernel, demo, third)
    assert kernel.run(ME).status == "ok"


def test_what_was_typed_is_offered_again_after_a_sign_in_that_failed_but_not_the_secret(
    kernel: Kernel, demo: DemoProcore, hosts: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect {hosts}")
    fill(kernel, Client_ID=demo.client_id, Client_Secret="not-the-secret-of-this-app")
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "Client Secret" in cell.html and not kernel.widgets)
    assert not connections(home).exists() and not list(home.rglob("tokens.json"))
    again = kernel.run(f"%procore_connect {hosts}")
    assert kernel.widgets[kernel.widget(description="Client ID")]["value"] == demo.client_id
    fill(kernel, Client_Secret=demo.client_secret)
    press(kernel)
    kernel.until(lambda: shows(kernel, "/oauth/authorize"))
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in again.html)


def test_a_bare_connect_asks_for_environment_and_app_and_with_nobody_there_fails_at_once(
    kernel: Kernel, start_kernel: StartKernel
) -> None:
    cell = kernel.run("%procore_connect")
    assert cell.status == "ok" and WIDGET in cell.saved
    choices = kernel.widgets[kernel.widget(description="Environment")]["_options_labels"]
    assert [*choices] == ["Production", "Sandbox", "Monthly sandbox", "Federal"]
    box = next(
        one for one, state in kernel.widgets.items() if "procore-form" in state.get("_dom_classes", ())
    )
    kernel.send_state(box, _view_count=1)
    kernel.until(lambda: "PROCORE_CLIENT_ID" not in cell.html)
    nobody = start_kernel(allow_stdin=False)
    alone = nobody.run("%load_ext procore_jupyter\n%procore_connect")
    assert alone.error.startswith("ConfigurationError: The Client ID is missing.") and not nobody.widgets


def test_connect_without_the_magic_shows_the_form_too(kernel: Kernel, demo: DemoProcore, hosts: str) -> None:
    cell = kernel.run(f"import procore_jupyter\nprocore = procore_jupyter.connect({hosts!r})")
    assert cell.status == "ok"
    fill_in(kernel, demo, cell)
    assert kernel.run(ME).status == "ok"


def test_an_app_in_the_environment_is_used_without_a_question(
    start_kernel: StartKernel, demo: DemoProcore, hosts: str
) -> None:
    env = {"PROCORE_CLIENT_ID": demo.client_id, "PROCORE_CLIENT_SECRET": demo.client_secret}
    kernel = start_kernel(env=env)
    cell = kernel.run(
        f"%load_ext procore_jupyter\n%procore_connect {hosts};OAuthClientSecret=${{PROCORE_CLIENT_SECRET}}"
    )
    assert cell.status == "ok" and link(kernel)


def test_the_saved_file_holds_what_was_chosen(
    kernel: Kernel, demo: DemoProcore, hosts: str, home: Path
) -> None:
    cell = kernel.run(f"%procore_connect --save site {hosts}")
    assert kernel.widgets[kernel.widget(description="Save as")]["value"] == "site"
    fill_in(kernel, demo, cell)
    assert "Saved as `site`" in cell.plain
    (kept,) = json.loads(connections(home).read_text())["connections"]
    assert (kept["name"], kept["account"]) == ("site", "default")
    assert kept["properties"]["OAuthClientId"] == demo.client_id
    assert "OAuthClientSecret" not in kept["properties"]
