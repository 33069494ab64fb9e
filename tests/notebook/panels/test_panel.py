"""What panels have in common, in a real kernel: where their last word stands, and that nothing outlives them."""

from __future__ import annotations

import html
import re

from procore_jupyter.demo.app import DemoProcore
from tests.kernels import WIDGET, Kernel, new_id
from tests.notebook.drawn_panels import sign_in
from tests.people import new_browser, sign_in_at
from tests.servers import free_port

WITHOUT_WIDGETS = "import sys; sys.modules['ipywidgets'] = None"


def test_without_ipywidgets_the_card_takes_the_place_of_the_plain_link(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"{WITHOUT_WIDGETS}\n%procore_connect {line}CompanyId=1234")
    assert cell.status == "ok" and WIDGET not in cell.saved
    start = re.search(r'href="([^"]*/procore-jupyter/start\?login=[^"]*)"', cell.html)
    assert start is not None
    with new_browser() as browser:
        leads_to = browser.get(html.unescape(start[1]), allow_redirects=False, timeout=20).headers["Location"]
        assert browser.get(sign_in_at(leads_to), timeout=20).status_code == 200
    kernel.until(lambda: "procore-card" in cell.html)
    assert "Use `procore`." in cell.plain and "start?login" not in cell.saved


def test_without_ipywidgets_a_form_that_is_over_says_so_in_its_plain_output(
    kernel: Kernel, line: str
) -> None:
    hosts = f"LoginURL=http://localhost:{free_port()};APIURL=http://localhost:{free_port()};"
    cell = kernel.run(f"{WITHOUT_WIDGETS}\n%procore_connect {hosts}")
    assert "PROCORE_CLIENT_ID" in cell.html
    kernel.run(f"%procore_connect {hosts}Timeout=5")
    kernel.until(lambda: "was replaced" in cell.html and "PROCORE_CLIENT_ID" not in cell.html)


def test_a_form_that_is_over_keeps_nothing_of_the_connection_string_in_memory(
    kernel: Kernel, demo: DemoProcore
) -> None:
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    password = new_id()
    kernel.run(
        f"%procore_connect LoginURL={demo.url};APIURL={demo.url};CallbackURL={callback};OAuthRefreshToken={password}"
    )
    look = (
        "import gc; gc.collect()\n"
        "from procore_jupyter.connection.question import Question\n"
        "print(sum(isinstance(one, Question) for one in gc.get_objects()))"
    )
    assert kernel.run(look).text == "1\n"
    kernel.click(kernel.widget(description="Cancel"))
    kernel.until(lambda: not kernel.widgets)
    kernel.run("del procore")
    assert kernel.run(look).text == "0\n"


def test_a_login_that_is_over_is_not_kept_in_memory(kernel: Kernel, line: str) -> None:
    cell = kernel.run(f"%procore_connect {line}")
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    kernel.run("procore.close(); del procore")
    look = (
        "import gc; gc.collect()\n"
        "from procore_jupyter.login.flow import LoginFlow\n"
        "from procore_jupyter.notebook.panels.login_panel import LoginPanel\n"
        "print(sum(isinstance(one, (LoginFlow, LoginPanel)) for one in gc.get_objects()))"
    )
    assert kernel.run(look).text == "0\n"


def test_a_panel_that_fails_says_that_it_has_stopped_and_leaves_no_widget(kernel: Kernel, line: str) -> None:
    kernel.run(
        "from procore_jupyter.notebook.panels.login_panel import LoginPanel\n"
        "def fails(self): raise RuntimeError('unforeseen')\n"
        "LoginPanel._result = fails"
    )
    cell = kernel.run(f"%procore_connect {line}")
    kernel.click(kernel.widget(description="Cancel"))
    kernel.until(lambda: "This panel has stopped." in cell.html and not kernel.widgets)
    assert "unforeseen" not in cell.saved
