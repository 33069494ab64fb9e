"""``%procore_connect`` in a real kernel, against the embedded Procore, the answer by a port of the kernel's."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from IPython.core.interactiveshell import InteractiveShell

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import LoginRequired
from tests.kernels import WIDGET, Cell, Kernel
from tests.notebook.conftest import ShellRun, StartKernel
from tests.notebook.drawn_panels import come_back, field, link, sign_in
from tests.people import new_browser, sign_in_at

ME = "print(procore.get('/rest/v1.0/me').json()['name'])"


def started(kernel: Kernel, cell: Cell) -> None:
    """Wait until a cell runs."""
    kernel.until(
        lambda: any(
            one["msg_type"] == "execute_input" and one["parent_header"]["msg_id"] == cell.message_id
            for one in kernel.messages
        )
    )


def test_the_magic_returns_at_once_and_the_next_cell_waits_and_goes_on(kernel: Kernel, line: str) -> None:
    connect = kernel.run(f"%procore_connect {line}CompanyId=1234")
    assert (connect.status, connect.error) == ("ok", "")
    assert "Waiting for your sign-in" in str([one.get("value") for one in kernel.widgets.values()])
    waiting = kernel.submit(ME)
    started(kernel, waiting)
    assert not waiting.idle.is_set()
    sign_in(kernel)
    kernel.finish(waiting)
    assert waiting.status == "ok"
    name = waiting.text.strip()
    assert name
    kernel.until(lambda: "procore-card" in connect.html and not kernel.panels)
    assert name in connect.plain
    assert "Use `procore`." in connect.plain
    assert WIDGET not in connect.saved
    again = kernel.run("%procore_status")
    assert name in again.plain and "Stored in" in again.plain and "Sign-in server" in again.html
    shown = kernel.run("procore")
    assert name in shown.plain and "procore-card" in shown.html


def test_a_cell_that_waits_says_so_offers_the_link_and_keeps_nothing_of_it(kernel: Kernel, line: str) -> None:
    kernel.run(f"%procore_connect {line}")
    waiting = kernel.submit(ME)
    kernel.until(lambda: "This cell needs your sign-in" in waiting.plain)
    assert not waiting.idle.is_set()
    start = re.search(r'href="([^"]*/procore-jupyter/start\?login=[^"]*)"', waiting.html)
    assert start is not None
    assert "oauth/authorize" not in waiting.saved
    with new_browser() as browser:
        leads_to = browser.get(html.unescape(start[1]), allow_redirects=False, timeout=20).headers["Location"]
    assert leads_to == link(kernel)
    sign_in(kernel)
    kernel.finish(waiting)
    assert (waiting.status, waiting.plain.strip()) == ("ok", "")
    assert "start?login" not in waiting.saved


def test_deny_stops_run_all_and_the_panel_says_so(kernel: Kernel, line: str) -> None:
    cells = [kernel.submit(f"%procore_connect {line}"), kernel.submit(ME), kernel.submit("print('too far')")]
    kernel.finish(cells[0])
    sign_in(kernel, allow=False)
    assert kernel.finish(cells[1]).status == "error"
    assert cells[1].error == (
        "LoginDenied: Not signed in: you chose Deny on Procore's page. Run %procore_connect again to try again."
    )
    assert kernel.finish(cells[2]).status == "aborted"
    kernel.until(lambda: "you chose Deny" in cells[0].html and not kernel.widgets)
    assert "href" not in cells[0].saved and WIDGET not in cells[0].saved


def test_with_nobody_there_it_fails_at_once_and_says_what_to_do(start_kernel: StartKernel, line: str) -> None:
    kernel = start_kernel(allow_stdin=False)
    for code in (f"%procore_connect {line}", f"import procore_jupyter; procore_jupyter.connect({line!r})"):
        cell = kernel.run(f"%reload_ext procore_jupyter\n{code}")
        assert cell.status == "error"
        assert cell.error.startswith("LoginRequired: Nobody is here to sign in")
        assert "procore-jupyter login" in cell.error
        assert "\n" not in cell.error
    assert not kernel.widgets


def test_voila_takes_no_stdin_and_has_a_person_all_the_same(start_kernel: StartKernel, line: str) -> None:
    kernel = start_kernel(
        allow_stdin=False, env={"VOILA_REQUEST_URL": "http://localhost:8866/voila/render/a.ipynb"}
    )
    cell = kernel.run(f"%load_ext procore_jupyter\n%procore_connect {line}")
    assert cell.status == "ok"
    assert link(kernel)


def test_connect_without_the_magic_draws_the_panel_too(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"import procore_jupyter\nprocore = procore_jupyter.connect({line!r})")
    assert cell.status == "ok"
    sign_in(kernel)
    assert kernel.run(ME).status == "ok"
    kernel.until(lambda: "procore-card" in cell.html)


def test_a_stored_sign_in_needs_no_panel_and_connecting_again_gives_the_same_session(
    start_kernel: StartKernel, kernel: Kernel, line: str
) -> None:
    kernel.run(f"%procore_connect {line}")
    sign_in(kernel)
    kernel.run(ME)
    again = kernel.run(f"first = procore\n%procore_connect {line}\nprint(procore is first)")
    assert again.text == "True\n"
    assert "procore-card" in again.html and "a sign-in was started" not in again.plain
    other = start_kernel()
    second = other.run(
        f"%load_ext procore_jupyter\n%procore_connect --name site {line}\nprint(site.company_id)"
    )
    assert second.status == "ok" and not other.panels
    assert "site.use(company=" in second.plain
    out = other.run("%procore_logout --name site --keep-token")
    assert "Signed out. The sign-in stays stored" in out.plain
    assert other.run("site.me()").error.startswith("LoginRequired: ")
    assert other.run(f"%procore_connect --name site {line}").status == "ok" and not other.panels
    out = other.run("%procore_logout --name site")
    assert "Signed out. The stored sign-in is forgotten" in out.plain
    assert other.run(f"%procore_connect --name site {line}").status == "ok"
    assert link(other)


def test_connecting_again_while_pending_moves_the_panel_with_the_same_link(kernel: Kernel, line: str) -> None:
    first = kernel.run(f"%procore_connect {line}")
    before = link(kernel)
    second = kernel.run(f"one = procore\n%procore_connect {line}\nprint(procore is one)")
    assert second.text == "True\n"
    kernel.until(lambda: "has moved" in first.html and WIDGET not in first.saved)
    assert "start?login" not in first.saved
    assert link(kernel) == before
    assert WIDGET in second.saved
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in second.html)
    assert "has moved" in first.html


def test_other_settings_end_the_pending_sign_in_and_replace_the_variable(kernel: Kernel, line: str) -> None:
    kernel.run(f"%procore_connect {line}")
    kernel.run(
        "import threading\none, got = procore, []\n"
        "def wait():\n    try: one.me()\n    except Exception as error: got.append(error)\n"
        "thread = threading.Thread(target=wait); thread.start()"
    )
    before = link(kernel)
    cell = kernel.run(f"%procore_connect {line}Timeout=7")
    assert cell.status == "ok"
    done = kernel.run(
        "thread.join(30); print(type(got[0]).__name__, procore is one, procore.settings.timeout)"
    )
    assert done.text == "LoginRequired False 7.0\n"
    kernel.until(lambda: link(kernel) != before)
    sign_in(kernel)
    assert kernel.run(ME).status == "ok"


def test_a_variable_that_is_not_ours_is_left_alone(kernel: Kernel, line: str) -> None:
    for mine in ("procore = 'mine'", "procore = None", "import procore_jupyter as procore"):
        kernel.run(mine)
        cell = kernel.run(f"before = procore\n%procore_connect {line}")
        assert cell.status == "error"
        assert cell.error.startswith("ConfigurationError: `procore` is already something else")
        assert "--name" in cell.error
        assert kernel.run("print(procore is before)").text == "True\n"
    assert not kernel.widgets


@pytest.mark.parametrize("name", ["2", "a-b", "for", "list", "In", "_", "_i3", "get_ipython", "'a b'"])
def test_a_name_that_can_not_be_a_variable_is_refused(shell_run: ShellRun, name: str) -> None:
    assert "--name" in shell_run(f"%procore_connect --name {name} Profile=Demo")


@pytest.mark.parametrize(
    "text",
    [
        r"Profile=C:\profiles\Procore.apip;",
        "Profile='a b';X=\"c  d\";",
        "X=$x ${x} $$ {x} {x+1};",
        "X='it''s';#no;",
        "a=b # c",
    ],
)
def test_what_follows_the_options_arrives_as_it_was_typed(
    shell_run: ShellRun, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    arrived: list[object] = []

    def settings_for(text: str, **how: object) -> None:
        arrived.append((text, how["lines"]))
        raise LoginRequired("far enough")

    monkeypatch.setattr("procore_jupyter.connection.lookup.settings_for", settings_for)
    shell_run("x = 1")
    assert "LoginRequired: far enough" in shell_run(f"%procore_connect --wait {text}")
    shell_run(f"%%procore_connect --wait\n{text}\n")
    assert arrived == [(text, False), (f"{text}\n", True)]


def test_cancel_ends_it(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"%procore_connect {line}")
    kernel.click(kernel.widget(description="Cancel"))
    kernel.until(lambda: "the sign-in was cancelled" in cell.html and not kernel.widgets)
    assert kernel.run(ME).error.startswith("LoginDenied: Not signed in: the sign-in was cancelled.")


def test_the_paste_field_signs_in_and_keeps_and_echoes_nothing(kernel: Kernel, demo: DemoProcore) -> None:
    demo.write_address()
    cell = kernel.run("%procore_connect Profile=Demo;CallbackURL=urn:ietf:wg:oauth:2.0:oob")
    assert "print(procore.login_flow)" in cell.plain and "authorize" not in cell.saved
    wrong = "http://localhost/?code=wrong-code-of-nobody-zq&state=another-state"
    kernel.send_state(field(kernel), value=wrong)
    kernel.until(lambda: any("another sign-in" in str(one.get("value")) for one in kernel.widgets.values()))
    kernel.until(lambda: kernel.widgets[field(kernel)]["value"] == "")
    code = come_back(kernel)
    kernel.send_state(field(kernel), value=code)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    assert code.rpartition("/")[2].rpartition("=")[2] not in kernel.said
    assert "wrong-code-of-nobody-zq" not in kernel.said
    assert kernel.run(ME).status == "ok"


def test_an_interrupt_stops_the_waiting_cell_and_not_the_sign_in(kernel: Kernel, line: str) -> None:
    kernel.run(f"%procore_connect {line}")
    waiting = kernel.submit(f"print('now', flush=True)\n{ME}")
    kernel.until(lambda: "now" in waiting.text)  # an interrupt before it runs any code is lost in the kernel
    kernel.interrupt()
    assert "KeyboardInterrupt" in kernel.finish(waiting).error
    waiting = kernel.submit(f"%procore_connect --wait {line}")
    kernel.until(lambda: WIDGET in waiting.saved)
    kernel.interrupt()
    assert kernel.finish(waiting).error == "KeyboardInterrupt: stopped. A sign-in that is pending goes on."
    sign_in(kernel)
    assert kernel.run(ME).status == "ok"


def test_wait_waits_in_the_cell_and_timeout_ends_it(kernel: Kernel, line: str) -> None:
    waiting = kernel.submit(f"%procore_connect --wait {line}")
    kernel.until(lambda: WIDGET in waiting.saved)
    sign_in(kernel)
    assert kernel.finish(waiting).status == "ok"
    late = kernel.run(f"%procore_connect --wait --login --timeout 0.5 --name late {line}")
    assert late.error.startswith("LoginTimeout: Not signed in: nobody finished the sign-in")


def test_front_ends_that_draw_the_panel_lose_the_plain_link(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"%procore_connect {line}")
    assert "procore-jupyter/start?login=" in cell.html
    assert cell.html.index('rel="noopener"') > 0 and 'target="_blank"' in cell.html
    box = next(
        one for one, state in kernel.widgets.items() if "procore-panel" in state.get("_dom_classes", ())
    )
    kernel.send_state(box, _view_count=1)
    kernel.until(lambda: "procore-jupyter/start" not in cell.html)
    assert WIDGET in cell.saved
    assert link(kernel)


def test_the_plain_link_leads_where_the_panels_link_leads(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"%procore_connect {line}")
    start = cell.html.partition('href="')[2].partition('"')[0]
    with new_browser() as browser:
        answer = browser.get(start, allow_redirects=False, timeout=20)
    assert answer.headers["Location"] == link(kernel)
    assert parse_qs(urlsplit(link(kernel)).query)["state"][0] not in cell.saved


def test_a_cells_secret_form_works_with_names_of_the_notebook(
    kernel: Kernel, demo: DemoProcore, line: str
) -> None:
    kernel.run(f"app = {demo.client_id!r}\nhidden = {demo.client_secret!r}")
    cell = kernel.run(
        f"%%procore_connect\n# the demo's app\n{line.replace(';', chr(10))}OAuthClientId={{app}}\nOAuthClientSecret={{hidden}}\nTimeout=9\n"
    )
    assert cell.status == "ok", cell.error
    assert "still stands" not in cell.saved
    sign_in(kernel)
    assert kernel.run(ME).status == "ok"


def test_a_terminal_prints_the_link_and_signs_in(
    shell: InteractiveShell, shell_run: ShellRun, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "LoginRequired: Nobody is here to sign in" in shell_run(f"%procore_connect {line}")
    monkeypatch.setattr("procore_jupyter.connection.terminal.is_there", lambda: True)
    printed = shell_run(f"%procore_connect {line}CompanyId=1234")
    url = printed.partition("Sign in to Procore: ")[2].split()[0]
    with new_browser() as browser:
        assert browser.get(sign_in_at(url), timeout=20).status_code == 200
    assert "Dana" in shell_run("print(procore.me()['name'])")
    assert "Use `procore`." in shell_run("%procore_connect " + line + "CompanyId=1234")
    assert "Stored in" in shell_run("%procore_status")
    shell_run("procore.close()")
