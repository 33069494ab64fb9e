"""The walls between the rooms hold, and are seen to break."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "procore_jupyter"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["name"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}

# One import for each wall that the wall forbids.
PLANTED = {
    "A room imports only from floors below it": (
        "oauth/token.py",
        "import procore_jupyter.session.refreshing",
    ),
    "Inside login, the flow stands on its receivers": (
        "login/paste.py",
        "import procore_jupyter.login.flow",
    ),
    "The notebook and the server meet over HTTP alone": (
        "notebook/options.py",
        "import procore_jupyter.server.handlers",
    ),
    "The server imports nothing of ours but the ticket, the errors and the owners of sockets": (
        "server/logins.py",
        "import procore_jupyter.oauth.token",
    ),
    "Nothing but the command line imports the embedded Procore": (
        "notebook/options.py",
        "import procore_jupyter.demo.app",
    ),
    "Tables know a session, not OAuth": (
        "tables/table.py",
        "import procore_jupyter.oauth.token",
    ),
    "Jupyter and IPython are imported in the notebook, the server and the command line alone": (
        "session/refreshing.py",
        "import traitlets",
    ),
    "tornado is imported in the server and the embedded Procore alone": (
        "login/loopback.py",
        "def later() -> None:\n    import tornado.web",
    ),
    "The libraries of rows and SQL are imported in tables and sql alone": (
        "connection/status.py",
        "def later() -> None:\n    import pandas",
    ),
}


def lint_imports(folder: Path) -> dict[str, str]:
    """Return what import-linter says of each contract, ``KEPT`` or ``BROKEN``, for the package in a folder."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=folder,
        env={**os.environ, "COLUMNS": "250", "NO_COLOR": "1", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = {}
    for name in CONTRACTS:
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{name} ")] or [""]
        said[name] = next(
            (word for word in ("KEPT", "BROKEN") if word in line[len(name) :]), done.stdout + done.stderr
        )
    assert done.returncode == (0 if set(said.values()) == {"KEPT"} else 1), done.stdout + done.stderr
    return said


def test_the_walls_hold() -> None:
    assert lint_imports(ROOT) == dict.fromkeys(CONTRACTS, "KEPT")


def test_every_wall_is_seen_to_break(tmp_path: Path) -> None:
    assert PLANTED.keys() == CONTRACTS.keys()
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copytree(PACKAGE, tmp_path / "procore_jupyter", ignore=shutil.ignore_patterns("__pycache__"))
    for file, line in PLANTED.values():
        with (tmp_path / "procore_jupyter" / file).open("a", encoding="utf-8") as module:
            module.write(f"\n\n{line}\n")
    assert lint_imports(tmp_path) == dict.fromkeys(CONTRACTS, "BROKEN")


def test_the_servers_wall_names_every_room() -> None:
    contract = CONTRACTS[
        "The server imports nothing of ours but the ticket, the errors and the owners of sockets"
    ]
    named = {
        name.removeprefix("procore_jupyter.").removesuffix(".*") for name in contract["forbidden_modules"]
    }
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert named == rooms - {"__init__", "errors", "server", "socket_owners"}


def test_one_module_has_a_context_variable() -> None:
    holders = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "ContextVar(" in path.read_text(encoding="utf-8")
    ]
    assert holders == ["session/scope.py"]


def test_only_resolve_reads_the_environment() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if reads_environment(path.read_text(encoding="utf-8"))
    }
    # The demo's launcher hands its environment on to the JupyterLab that it starts, and reads nothing in it.
    assert readers == {"settings/resolve.py", "demo/launch.py"}


def test_no_name_of_a_module_or_class_stands_twice() -> None:
    paths = [path for path in PACKAGE.rglob("*.py") if path.stem != "__init__"]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    classes = [node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    for names in ([path.stem for path in paths], classes):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_library_that_is_imported_is_declared() -> None:
    project = PROJECT["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["keyring"]]
    declared += project["optional-dependencies"]["polars"]
    names = {re.split(r"[<>=!~; \[]", one)[0].replace("-", "_").casefold() for one in declared}
    brought = {"tornado": "jupyter_server", "traitlets": "ipywidgets", "urllib3": "requests"}
    imported = {
        one.partition(".")[0]
        for path in PACKAGE.rglob("*.py")
        for one in imports(path.read_text(encoding="utf-8"))
    }
    libraries = imported - {*sys.stdlib_module_names, "procore_jupyter"}
    assert {brought.get(one, one).casefold() for one in libraries} <= names


def imports(source: str) -> Iterator[str]:
    """Give the modules that a module imports, at its top or later."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_reading_the_environment_is_recognised_however_it_is_written() -> None:
    for source in (
        "import os\nos.environ['A']",
        "import os\nos.getenv('A')",
        "from os import environ",
        "from os import getenv as look",
        "import os as system\nsystem.environ.get('A')",
    ):
        assert reads_environment(source), source
    assert not reads_environment("def resolve(environ):\n    return environ['A']")


def reads_environment(source: str) -> bool:
    """Tell whether a module reads the environment itself; a mapping called so that it is given doesn't count."""
    names = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in names:
            # `self.environ` and the like are somebody's own attribute; a bare module name is `os`.
            if isinstance(node.value, ast.Name) and node.value.id not in ("self", "cls"):
                return True
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and names & {one.name for one in node.names}
        ):
            return True
    return False
