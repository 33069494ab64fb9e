"""The card of a person in several companies: buttons, in a real kernel against the embedded Procore."""

from __future__ import annotations

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.kernels import WIDGET, Cell, Kernel
from tests.notebook.conftest import StartKernel
from tests.notebook.drawn_panels import sign_in

CHOSEN = "print(procore.company_id)"


@pytest.fixture
def card(kernel: Kernel, line: str) -> Cell:
    """Give the card of Dana Reyes, who is in three companies, right after she signed in."""
    cell = kernel.run(f"%procore_connect {line}")
    sign_in(kernel)
    kernel.until(lambda: "procore-card" in cell.html and not kernel.panels)
    kernel.until(lambda: any(one.get("description") == "Harbor JV 9012" for one in kernel.widgets.values()))
    return cell


def test_a_click_chooses_the_company_and_leaves_the_card(kernel: Kernel, card: Cell) -> None:
    assert "Choose one of your 3 companies:" in card.plain and WIDGET in card.saved
    assert kernel.run(CHOSEN).text == "None\n"
    kernel.click(kernel.widget(description="Harbor JV 9012"))
    kernel.until(lambda: "Harbor JV (9012)" in card.plain and not kernel.widgets)
    assert kernel.run(CHOSEN).text == "9012\n"
    assert 'To choose it in a cell: `procore.use(company="Harbor JV")`' in card.plain
    assert "Choose one" not in card.plain and WIDGET not in card.saved


def test_a_company_that_a_cell_chooses_ends_the_choice_too(kernel: Kernel, card: Cell) -> None:
    kernel.run('procore.use(company="Skyline Civil")')
    kernel.until(lambda: "Skyline Civil (5678)" in card.plain and not kernel.widgets)
    assert "click" not in card.plain, "it was no click"


def test_a_newer_card_takes_the_buttons_over_and_signing_out_ends_them(
    kernel: Kernel, card: Cell, line: str
) -> None:
    newer = kernel.run(f"%procore_connect {line}")
    kernel.until(lambda: WIDGET not in card.saved and "Choose one" in card.plain)
    assert WIDGET in newer.saved
    kernel.run("%procore_logout")
    kernel.until(lambda: not kernel.widgets)
    assert "You signed out" in newer.plain


def test_a_session_that_code_opens_gets_the_buttons_too(kernel: Kernel, line: str) -> None:
    def choose_in(cell: Cell) -> None:
        kernel.until(
            lambda: any(one.get("description") == "Harbor JV 9012" for one in kernel.widgets.values())
        )
        assert "Choose one of your 3 companies:" in cell.plain
        kernel.click(kernel.widget(description="Harbor JV 9012"))
        kernel.until(lambda: "Harbor JV (9012)" in cell.plain and not kernel.widgets)
        assert kernel.run(CHOSEN).text == "9012\n"

    connect = f"import procore_jupyter\nprocore = procore_jupyter.connect({line!r})"
    signing_in = kernel.run(connect)
    sign_in(kernel)
    choose_in(signing_in)
    choose_in(kernel.run(connect))  # signed in already
    assert kernel.run(f"procore_jupyter.connect({line!r} + 'CompanyId=5678;')\nNone").plain == ""


def test_the_choice_keeps_no_session_in_memory(kernel: Kernel, card: Cell) -> None:
    kernel.run("procore.close(); del procore")
    look = (
        "import gc; gc.collect()\nfrom procore_jupyter import Procore\n"
        "print(sum(isinstance(one, Procore) for one in gc.get_objects()))"
    )
    assert kernel.run(look).text == "0\n"
    kernel.until(lambda: not kernel.widgets)
    assert "Dana Reyes" in card.plain


def test_a_program_that_runs_the_notebook_gets_the_card_without_buttons(
    kernel: Kernel, card: Cell, start_kernel: StartKernel, line: str, demo: DemoProcore
) -> None:
    nobody = start_kernel(allow_stdin=False)
    cell = nobody.run(f"%load_ext procore_jupyter\n%procore_connect {line}")
    assert "Choose one of your 3 companies:" in cell.plain and not nobody.widgets


def test_names_of_companies_are_text_in_a_button_and_one_line(kernel: Kernel, card: Cell) -> None:
    drawn = kernel.run(
        "import dataclasses\n"
        "from procore_jupyter.notebook.panels.company_choice import CompanyChoice\n"
        "nasty = '<img src=x onerror=alert(1)>\\n`x`' + 'y' * 100\n"
        "status = dataclasses.replace(procore.status(), companies=((1, nasty), (2, 'b')))\n"
        "CompanyChoice(procore, status, name='procore').show()"
    )
    assert drawn.status == "ok" and "<img" not in drawn.html
    (button,) = [
        state["description"]
        for state in kernel.widgets.values()
        if "<img" in str(state.get("description", ""))
    ]
    assert "\n" not in button and len(button) < 80
    assert not [state for state in kernel.widgets.values() if "<img" in str(state.get("value", ""))]
    assert all(state.get("description_allow_html") is not True for state in kernel.widgets.values())
