"""The package as it is handed out: built once, on a PATH without node, and installed where only it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
NODE = {"corepack", "jlpm", "node", "nodejs", "npm", "npx", "pnpm", "yarn", "yarnpkg"}
# A registry that refuses at once: nobody listens on the discard port of this machine.
NO_REGISTRY = "https://127.0.0.1:9"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that look at JupyterLab's extension further back: meanwhile another worker builds the wheel for them."""
    later = [one for one in items if one.path.name == "test_labextension.py"]
    if later and len(later) < len(items):
        others = [one for one in items if one not in {*later}]
        place = len(others) * 2 // 3
        items[:] = [*others[:place], *later, *others[place:]]


def run(*command: str | Path, env: dict[str, str], cwd: Path) -> str:
    """Run a command and return what it printed, which is in the failure too."""
    done = subprocess.run(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment whose PATH has all that this machine's has, but node and what comes with it."""
    folder = tmp_path_factory.mktemp("bin")
    for part in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for command in Path(part).iterdir() if Path(part).is_dir() else ():
            link = folder / command.name
            if command.name not in NODE and not link.is_symlink():
                link.symlink_to(command)
    assert shutil.which("node", path=str(folder)) is None
    left = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NODE_PATH"))
    }
    return {**left, "PATH": str(folder)}


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout as a clone would have it: nothing built, nothing ignored by git."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def wheel(checkout: Path, without_node: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, as a release makes it: an sdist from a clean checkout, a wheel from the sdist.

    It takes the better part of a minute, so of several workers the first builds it and the others wait.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of the whole run
    folder = folder / "handed-out"
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            building = tmp_path_factory.mktemp("building")
            python = build_environment(checkout, tmp_path_factory.mktemp("build-environment"), without_node)
            # First its own commands, as in an environment that is activated: a build's node is one of them.
            env = {**without_node, "PATH": os.pathsep.join([str(python.parent), without_node["PATH"]])}
            build_wheel(python, build_sdist(python, checkout, building, env), building, env)
            building.rename(folder)  # a build that failed is not taken for a whole one
    (built,) = (folder / "wheel").glob("*.whl")
    return built


def build_environment(checkout: Path, folder: Path, env: dict[str, str]) -> Path:
    """Return the Python of an environment with what pyproject.toml says a build takes, and nothing else."""
    wanted = tomllib.loads((checkout / "pyproject.toml").read_text())["build-system"]["requires"]
    run(sys.executable, "-m", "venv", folder / "venv", env=env, cwd=folder)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(python, "-m", "pip", "install", "--quiet", "build", *wanted, env=env, cwd=folder)
    return python


def build_sdist(python: Path, checkout: Path, folder: Path, env: dict[str, str]) -> Path:
    """Build the sdist: this is where JupyterLab's extension is compiled."""
    run(python, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, checkout, env=env, cwd=folder)
    (built,) = folder.glob("*.tar.gz")
    return built


def build_wheel(python: Path, sdist: Path, folder: Path, env: dict[str, str]) -> None:
    """Build the wheel from the sdist, where the npm registry can't be reached."""
    with tarfile.open(sdist) as archive:
        # Said this way, a Python older than 3.11.4, which knows no filters, takes it too.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    offline = {**env, "YARN_NPM_REGISTRY_SERVER": NO_REGISTRY, "YARN_GLOBAL_FOLDER": str(folder / "yarn")}
    run(
        python,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        folder / "wheel",
        source,
        env=offline,
        cwd=folder,
    )


@pytest.fixture(scope="session")
def contents(wheel: Path) -> set[str]:
    """Return the paths in the wheel; what goes to the environment's folders without the version before it."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    return {name.split(".data/", 1)[-1] for name in names}


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a fresh environment with the wheel in it, and the rest lent by this one."""
    folder = tmp_path_factory.mktemp("installed")
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHONPATH"))
    }
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", env=env, cwd=folder)
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # What a .pth file names is found after the environment's own packages, and .pth files in it are
    # not followed: the checkout, which this environment may have installed in place, is not seen.
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", env=env, cwd=folder)
    Path(own.strip(), "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--disable-pip-version-check",
    ]
    run(*pip, "--no-deps", "--no-index", "--ignore-installed", wheel, env=env, cwd=folder)
    return python
