"""A real kernel: a secret is in nothing that IPython keeps of a cell, however it was typed, and whenever it was used."""

from __future__ import annotations

from pathlib import Path

import pytest

from procore_jupyter.demo.app import DemoProcore
from tests.kernels import Kernel, new_id
from tests.notebook.test_secrets import files_with, history
from tests.secrets.typing_ways import WAYS

KEPT = (
    "kept = repr([In, _ih, _i, _ii, _iii, *[value for name, value in globals().items() if name.startswith('_i')]])\n"
    "print(kept.count({first!r} + {rest!r}))"
)

# IPython writes from a thread of its own, a moment later.
WRITE_OUT = "get_ipython().history_manager.writeout_cache()"


def test_no_way_of_typing_a_secret_leaves_it_in_the_history_in_a_log_or_in_a_name(
    home: Path, tmp_path: Path
) -> None:
    debug = tmp_path / "kernel.log"
    kernel = Kernel(log=debug, allow_stdin=False)  # nobody answers, and nobody signs in
    secrets = {way: new_id() for way in WAYS}
    try:
        kernel.run("%load_ext procore_jupyter")
        kernel.run(f"import os; os.chdir({str(tmp_path)!r})")
        kernel.run("get_ipython().history_manager.db_log_output = True")
        assert kernel.run(f"%logstart -o -r {tmp_path / 'raw.py'} append").status == "ok"
        for way, secret in secrets.items():
            kernel.run(way.format(s=secret, h=secret[:9], t=secret[9:]))
        assert kernel.run(WRITE_OUT).status == "ok"
        for way, secret in secrets.items():
            found = kernel.run(KEPT.format(first=secret[:20], rest=secret[20:]))
            assert found.text.strip() == "0", way
        written, logged = str(history(home)), (tmp_path / "raw.py").read_text(encoding="utf-8")
        heard = debug.read_text(encoding="utf-8", errors="replace")
        assert len(history(home)) > len(WAYS) and "***" in written and "***" in logged and "***" in heard
        for way, secret in secrets.items():
            for half in (secret, secret[9:]):
                assert half not in written, way
                assert half not in logged, way
                assert half not in heard, way
            assert files_with(home, secret) == [], way  # the database's journal too, while it is open
    finally:
        kernel.close()


USES = {
    "a variable": ("s = '{s}'", "%procore_connect {line}OAuthClientSecret={{s}};"),
    "a variable of a cell form": ("s = '{s}'", "%%procore_connect\n{lines}OAuthClientSecret = {{s}}\n"),
    "two halves": ("a = '{h}'\nb = '{t}'\ns = a + b", "%procore_connect {line}OAuthClientSecret={{s}};"),
    "an environment variable": ("import os\nos.environ['MINE'] = '{s}'", "%procore_connect {line}OAuthClientSecret=${{MINE}};"),
    "inside a function": ("def go():\n    inner = '{s}'\n    return f'{line}OAuthClientSecret={{inner}};'", "import procore_jupyter\np = procore_jupyter.connect(go())"),
    "a dict's values": ("d = {{'k': ['{h}', '{t}']}}", "import procore_jupyter\np = procore_jupyter.connect('{line}OAuthClientSecret=' + ''.join(d['k']))"),
    "a proxy's password": ("s = '{s}'", "%procore_connect {line}OAuthClientSecret=x;ProxyServer=127.0.0.1;ProxyPort=9;ProxyUser=u;ProxyPassword={{s}};"),
    "a mistake in the string": ("s = '{s}'", "%procore_connect OAuthClientSecret={{s}};Nonsense=1"),
    "a comment": ("# {s}", "s = '{s}'\n%procore_connect {line}OAuthClientSecret={{s}};"),
}  # fmt: skip


@pytest.mark.parametrize("name", USES)
def test_a_secret_that_no_name_tells_of_is_cut_out_of_earlier_cells_once_it_is_used(
    name: str, home: Path, tmp_path: Path, demo: DemoProcore
) -> None:
    demo.write_address()
    line = f"LoginURL={demo.url};APIURL={demo.url};OAuthClientId={demo.client_id};CallbackURL=urn:ietf:wg:oauth:2.0:oob;"
    secret = new_id()
    parts = {"s": secret, "h": secret[:9], "t": secret[9:], "line": line, "lines": line.replace(";", "\n")}
    typed, used = (cell.format(**parts) for cell in USES[name])
    kernel = Kernel()
    try:
        kernel.run("%load_ext procore_jupyter")
        kernel.run(f"%logstart -o {tmp_path / 'log.py'} append")
        assert kernel.run(typed).status == "ok"
        kernel.run(WRITE_OUT)
        assert secret[9:] in str(history(home)) + (tmp_path / "log.py").read_text()
        kernel.run(used)
        kernel.run(WRITE_OUT)
        for half in (secret, secret[9:]):
            assert half not in str(history(home))
            assert half not in (tmp_path / "log.py").read_text()
        found = kernel.run(KEPT.format(first=secret[9:20], rest=secret[20:]))
        assert found.text.strip() == "0"
        # Typed once more, under a name that tells nothing.
        kernel.run(f"again = '{secret}'; other = 'stays'")
        kernel.run(WRITE_OUT)
        assert history(home)[-2][1] == "again = '***'; other = 'stays'"
        assert "other = 'stays'" in (tmp_path / "log.py").read_text()
        assert files_with(home, secret) == []
    finally:
        kernel.close()


def test_what_is_typed_beside_secrets_is_kept_as_it_was(home: Path) -> None:
    kernel = Kernel()
    cells = [
        "x = {'a': 'b=c;d'}  # it's mine",
        "text = '''OAuthClientSecret=${NAME}'''",
        "%time y = f'{1}'",
        "for i in range(2):\n    print(i, 'token', \"password\")",
    ]
    try:
        kernel.run("%load_ext procore_jupyter")
        kernel.run(
            f"client_secret = '{new_id()}'\ns = '{new_id()}'\n%procore_connect OAuthClientSecret={{s}};Nonsense=1"
        )
        for cell in cells:
            assert kernel.run(cell).status == "ok"
        kernel.run(WRITE_OUT)
        assert [raw for _, raw in history(home)][-len(cells) - 1 : -1] == cells
    finally:
        kernel.close()
