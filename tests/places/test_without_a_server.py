"""Places without a Jupyter server: a bare kernel as VS Code starts it, terminals, jobs that nobody watches, Colab.

VS Code itself and Colab itself don't run here: the kernel, and what their front ends send to it, are what is real.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import pytest
from requests import Session

from procore_jupyter.demo.app import DemoProcore
from tests.connecting import OOB, free_callback, text_for
from tests.kernels import Kernel
from tests.people import new_browser, sign_in_at
from tests.places.terminal import Terminal

ME = "print('I am', procore.get('/rest/v1.0/me').json()['name'])"
PASTE = "Paste the address your browser ended on:"
NOBODY = "Nobody is here to sign in"
AT_ONCE = 60.0  # seconds; a program that waited for a person would wait 300

pty_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")


@pytest.fixture(autouse=True)
def _nobody_is_signed_in(provider: DemoProcore) -> None:
    provider.oauth.revoke_all()


@contextlib.contextmanager
def open_kernel(environment: Mapping[str, str] | None = None) -> Iterator[Kernel]:
    made = Kernel(environment)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    with open_kernel() as made:
        yield made


def credentials(provider: DemoProcore) -> dict[str, str]:
    return {"PROCORE_CLIENT_ID": provider.client_id, "PROCORE_CLIENT_SECRET": provider.client_secret}


def without_secrets(provider: DemoProcore, **properties: str) -> str:
    return text_for(provider, OAuthClientId="", OAuthClientSecret="${PROCORE_CLIENT_SECRET}", **properties)


def come_back(address: str) -> str:
    """Follow the redirect as a browser does; return the page."""
    browser: Session
    with new_browser() as browser:
        return browser.get(address, timeout=60).text


# ------------------------------------------------------------------------ a kernel as VS Code starts it


def test_in_a_kernel_that_vs_code_started_the_answer_comes_back_to_this_machine(
    kernel: Kernel, provider: DemoProcore
) -> None:
    # VS Code's variable, and no JPY_SESSION_NAME; no server knows the process that started the kernel.
    kernel.run("__vsc_ipynb_file__ = '/home/me/work.ipynb'")
    callback = free_callback(provider)
    cell = kernel.run(
        f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL=callback)}"
    )
    assert kernel.run("print(procore.login_flow.open_receivers)").text.strip() == "('loopback', 'paste')"
    assert "/procore-jupyter/start?login=" in cell.html  # the plain link, should no widget be drawn
    link = kernel.run("print(procore.login_flow.authorize_url)").text.strip()
    waiting = kernel.submit(ME)
    assert "answer has arrived" in come_back(sign_in_at(link, person="Dana Reyes"))
    assert kernel.finish(waiting).text.strip() == "I am Dana Reyes"
    kernel.until(lambda: "Dana Reyes" in cell.html)


def test_without_a_callback_url_it_is_the_one_that_every_app_has_and_pasting_works(
    kernel: Kernel, provider: DemoProcore
) -> None:
    kernel.run(f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL='')}")
    assert kernel.run("print(procore.login_flow.redirect_uri)").text.strip() == "http://localhost"
    link = kernel.run("print(procore.login_flow.authorize_url)").text.strip()
    address = sign_in_at(link, person="Dana Reyes")
    kernel.send_state(kernel.widget(description=PASTE), value=address)
    assert kernel.run(ME).text.strip() == "I am Dana Reyes"


# ----------------------------------------------------------------------------------------- terminals


@pty_only
def test_plain_ipython_prints_the_link_and_the_answer_comes_back_to_this_machine(
    provider: DemoProcore,
) -> None:
    callback = free_callback(provider)
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"]
    with Terminal(command, credentials(provider)) as terminal:
        terminal.expect(r"In \[1\]: ")
        terminal.type("%load_ext procore_jupyter")
        terminal.expect(r"In \[2\]: ")
        terminal.type(f"%procore_connect {without_secrets(provider, CallbackURL=callback)}")
        link = terminal.expect(r"Sign in to Procore: (http\S+)")[1]
        terminal.expect(r"In \[3\]: ")  # at once: it doesn't wait
        terminal.type(ME)
        come_back(sign_in_at(link, person="Dana Reyes"))
        terminal.expect("I am Dana Reyes")
        terminal.type("exit()")
        assert terminal.end() == 0


@pty_only
def test_plain_ipython_takes_what_is_pasted_and_doesnt_show_it(provider: DemoProcore) -> None:
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"]
    with Terminal(command, credentials(provider)) as terminal:
        terminal.expect(r"In \[1\]: ")
        terminal.type("%load_ext procore_jupyter")
        terminal.expect(r"In \[2\]: ")
        terminal.type(f"%procore_connect --wait {without_secrets(provider, CallbackURL=OOB)}")
        link = terminal.expect(r"Sign in to Procore: (http\S+)")[1]
        terminal.expect("then Enter: ")
        code = sign_in_at(link, person="Dana Reyes").rpartition("code=")[2]
        terminal.type(code)
        terminal.expect("Dana Reyes")
        terminal.expect(r"In \[3\]: ")
        terminal.type(ME)
        terminal.expect("I am Dana Reyes")
        assert code not in terminal.screen


@pty_only
def test_procore_jupyter_login_signs_a_machine_without_a_browser_in_and_its_jobs_run_on_that(
    provider: DemoProcore, tmp_path: Path
) -> None:
    text = without_secrets(provider, CallbackURL=OOB)
    environment = credentials(provider)
    before = job(text, environment)
    assert before.returncode != 0
    assert NOBODY in before.stderr
    assert "procore-jupyter login" in before.stderr

    command = [sys.executable, "-m", "procore_jupyter.cli", "login", text]
    with Terminal(command, environment) as terminal:
        link = terminal.expect(r"Sign in to Procore: (http\S+)")[1]
        terminal.expect("then Enter: ")
        terminal.type("not a code at all, but words")
        terminal.expect(r"Paste (only )?the address your browser ended on\.")
        code = sign_in_at(link, person="Dana Reyes").rpartition("code=")[2]
        terminal.type(code)
        assert terminal.end() == 0
        assert "Dana Reyes" in terminal.screen
        assert code not in terminal.screen

    after = job(text, environment)
    assert after.returncode == 0, after.stderr
    assert after.stdout.strip() == "I am Dana Reyes"


# ------------------------------------------------------------------------- jobs that nobody watches


def job(text: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as cron does: no terminal, no input, little of an environment."""
    script = f"import procore_jupyter\nprocore = procore_jupyter.connect({text!r})\n{ME}"
    kept = {name: os.environ[name] for name in ("HOME", "USERPROFILE", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**kept, "PATH": "/usr/bin:/bin", **environment},
        cwd=Path(__file__).parents[2],
        timeout=AT_ONCE,
        start_new_session=True,
        check=False,
    )


RUNNERS = {
    "nbclient": [
        "-c",
        "import sys, nbformat, nbclient as n; x = nbformat.read(sys.argv[1], 4); n.execute(x); nbformat.write(x, sys.argv[2])",
    ],
    "papermill": ["-m", "papermill", "--no-progress-bar", "-p", "wanted", "42"],
}


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_that_a_program_runs_fails_at_once_and_runs_on_the_stored_sign_in(
    runner: str, provider: DemoProcore, tmp_path: Path
) -> None:
    text = without_secrets(provider, CallbackURL=OOB)
    cells = [f"%load_ext procore_jupyter\n%procore_connect {text}", ME]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    file, made = tmp_path / "report.ipynb", tmp_path / "made.ipynb"
    nbformat.write(notebook, file)

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *RUNNERS[runner], str(file), str(made)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **credentials(provider)},
            timeout=120,
            check=False,
        )

    started = time.monotonic()
    failed = run()
    assert failed.returncode != 0
    for remedy in (NOBODY, "procore-jupyter login", "OAuthRefreshToken", "AuthScheme=OAUTH_CLIENT"):
        assert remedy in failed.stderr
    assert provider.client_secret not in failed.stderr
    assert time.monotonic() - started < AT_ONCE  # the link would have waited five minutes

    with open_kernel(credentials(provider)) as person:
        person.run(f"%load_ext procore_jupyter\n%procore_connect {text}")
        link = person.run("print(procore.login_flow.authorize_url)").text.strip()
        code = sign_in_at(link, person="Dana Reyes").rpartition("code=")[2]
        person.run(f"procore.login_flow.paste({code!r})")
        assert person.run(ME).text.strip() == "I am Dana Reyes"
    done = run()
    assert done.returncode == 0, done.stderr
    assert "I am Dana Reyes" in made.read_text()


# ------------------------------------------------------------------ the browser is on another machine


def test_in_a_stand_in_for_colab_the_answer_is_pasted(provider: DemoProcore, tmp_path: Path) -> None:
    # Not Colab: a kernel that has its package's name imported, which is what we know Colab by.
    package = tmp_path / "google/colab/__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text("")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    with open_kernel({"PYTHONPATH": os.pathsep.join(paths)}) as kernel:
        kernel.run("import google.colab")
        pasted_everything(kernel, provider)


def test_on_a_kernel_gateway_the_answer_is_pasted(provider: DemoProcore) -> None:
    # Not a gateway: a kernel with the variable that a gateway gives to its kernels.
    with open_kernel({"KERNEL_GATEWAY": "1"}) as kernel:
        pasted_everything(kernel, provider)


def pasted_everything(kernel: Kernel, provider: DemoProcore) -> None:
    cell = kernel.run(f"%load_ext procore_jupyter\n%procore_connect {text_for(provider, CallbackURL='')}")
    assert not cell.error
    told = kernel.run(
        "print(procore.login_flow.open_receivers, procore.login_flow.redirect_uri)"
    ).text.strip()
    assert told == "('paste',) http://localhost"
    assert "localhost" not in cell.html  # no link that leads to the person's own machine
    link = kernel.run("print(procore.login_flow.authorize_url)").text.strip()
    address = sign_in_at(link, person="Dana Reyes")
    assert kernel.run(f"print(procore.login_flow.paste({address!r}))").text.strip() == "None"
    assert kernel.run(ME).text.strip() == "I am Dana Reyes"
