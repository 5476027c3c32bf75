"""What a machine is given before the Atlas runs: locks, one install script, the container files.

They are read here as the people who rely on them would: the locks agree and name no address, the script says
plainly what it cannot do, the container files use the script's steps and the settings that exist.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "api" / "setup" / "install.sh"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock", "requirements-peers.lock")
SETTINGS = {
    "ATLAS_HOME",
    "ATLAS_DATABASE_URL",
    "ATLAS_HOST",
    "ATLAS_PORT",
    "ATLAS_WORKERS",
    "ATLAS_BASE_URL",
    "ATLAS_BASEMAP",
    "ATLAS_DEMO",
    "ATLAS_LOG",
    "ATLAS_DASK",
}


def _pins(lock: str) -> dict[tuple[str, str], str]:
    """Package and marker → version; a package stands twice where versions of Python differ."""
    lines = (ROOT / lock).read_text().splitlines()
    found = [re.fullmatch(r"([\w.-]+)==([^\s;]+)(?: ; ([^\\]*))? \\", line) for line in lines if "==" in line[:60]]
    assert all(found), "every line of a lock pins a package"
    return {(one[1], (one[3] or "").strip()): one[2] for one in found if one is not None}


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", one)[0].lower().replace("_", "-") for one in requirements}


def _project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert _pins(lock)
    assert "://" not in text
    assert "index" not in text
    for block in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in block, block.partition("\n")[0]


def test_the_three_locks_can_be_installed_together() -> None:
    everything = _pins("requirements-dev.lock")
    versions = {name: {version for (one, _), version in everything.items() if one == name} for name, _ in everything}
    for lock in ("requirements.lock", "requirements-bootstrap.lock"):
        for (name, _), version in _pins(lock).items():
            assert version in versions.get(name, {version}), f"{lock}: {name} {version}"


def test_what_the_project_asks_for_is_locked() -> None:
    project = _project()
    running = {name for name, _ in _pins("requirements.lock")}
    checking = {name for name, _ in _pins("requirements-dev.lock")}
    starting = {name for name, _ in _pins("requirements-bootstrap.lock")}
    assert _names(project["project"]["dependencies"]) <= running <= checking
    assert _names(project["dependency-groups"]["dev"]) <= checking
    assert _names(project["build-system"]["requires"]) | {"uv", "editables"} <= starting


def test_what_the_benchmark_compares_with_is_locked_apart() -> None:
    compared = {name for name, _ in _pins("requirements-peers.lock")}
    assert {
        "tipg",
        "pygeoapi",
        "uvicorn",
        "uvloop",
        "httptools",
        "gunicorn",
        "psycopg2-binary",
        "geoalchemy2",
    } <= compared
    assert not {"tipg", "pygeoapi"} & {name for name, _ in _pins("requirements-dev.lock")}


def test_the_web_lock_names_no_address() -> None:
    text = (ROOT / "api/web/package-lock.json").read_text()
    assert '"integrity"' in text
    assert '"resolved"' not in text


def _machine(tmp_path: Path, programs: dict[str, str]) -> dict[str, str]:
    """A machine that has bash, the basic tools and these programs, and no others on its path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (
        "bash",
        "env",
        "cat",
        "tr",
        "dirname",
        "mkdir",
        "sha256sum",
        "cut",
        "grep",
        "find",
        "flock",
        "sed",
        "mv",
    ):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": str(folder), "LANG": "C.UTF-8", "ASKED": str(tmp_path / "asked")}


def _install(step: str, environment: dict[str, str], *, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(environment["PATH"], "bash")), str(root / "api/setup/install.sh"), step],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout of the install script alone, so that no stamp of ours is touched."""
    (tmp_path / "town/api/setup").mkdir(parents=True)
    shutil.copy(INSTALL, tmp_path / "town/api/setup/install.sh")
    return tmp_path / "town"


def test_somebody_without_root_is_told_the_command_to_run(tmp_path: Path, folder: Path) -> None:
    machine = _machine(tmp_path, {"id": "echo 1000", "apt-get": "exit 0"})
    done = _install("apt-web", machine, root=folder)
    assert done.returncode != 0
    assert "please run it yourself:  sudo apt-get install --no-install-recommends nodejs npm" in done.stderr


def test_a_machine_without_apt_is_told_what_to_install(tmp_path: Path, folder: Path) -> None:
    done = _install("apt-web", _machine(tmp_path, {"id": "echo 0"}), root=folder)
    assert done.returncode != 0
    assert "please install: nodejs npm" in done.stderr


def test_an_old_npm_is_refused_by_its_version(tmp_path: Path, folder: Path) -> None:
    machine = _machine(tmp_path, {"node": "echo v12.22.9", "npm": "echo 8.5.1"})
    done = _install("web", machine, root=folder)
    assert done.returncode != 0
    assert "Node.js 12.22.9 / npm 8.5.1" in done.stderr
    assert "Node.js ≥ 18" in done.stderr


def test_only_what_is_missing_is_installed_and_nothing_asks(tmp_path: Path, folder: Path) -> None:
    apt = 'echo "$DEBIAN_FRONTEND $*" >> "$ASKED"'
    machine = _machine(tmp_path, {"id": "echo 0", "apt-get": apt, "node": "echo v20.0.0"})
    done = _install("apt-web", machine, root=folder)
    assert done.returncode == 0, done.stderr
    update, install = Path(machine["ASKED"]).read_text().splitlines()
    assert update.startswith("noninteractive update")
    assert install.startswith("noninteractive install -y")
    assert install.endswith(" npm")
    assert "nodejs" not in install


def test_a_package_that_cannot_be_had_stops_the_set_up(tmp_path: Path, folder: Path) -> None:
    machine = _machine(tmp_path, {"id": "echo 0", "apt-get": '[ "$1" = update ]', "node": "echo v20.0.0"})
    done = _install("apt-web", machine, root=folder)
    assert done.returncode != 0
    assert "apt-get could not install: npm" in done.stderr


def test_a_step_that_does_not_exist_is_refused(tmp_path: Path, folder: Path) -> None:
    done = _install("apt-everything", _machine(tmp_path, {}), root=folder)
    assert done.returncode != 0
    assert "unknown step: apt-everything" in done.stderr


def test_the_container_uses_steps_that_the_script_has() -> None:
    asked = re.findall(r"install\.sh ([a-z-]+)", (ROOT / "Dockerfile").read_text())
    known = set(re.findall(r"^ {12}([a-z-]+)\) ", INSTALL.read_text(), flags=re.MULTILINE))
    assert {"venv", "web"} <= set(asked) <= known


def test_the_container_copies_only_what_exists_and_is_not_ignored() -> None:
    """`.dockerignore` begins with everything, so a new file reaches the image only by name."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE):
        for name in line.split():
            if name != ".":
                assert (ROOT / name).exists(), name
                assert name.split("/")[0] in kept, name


def test_the_container_is_nobody_in_particular_and_says_whether_it_is_ready() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER [1-9]\d*$", lines, flags=re.MULTILINE)
    assert "/readyz" in lines
    assert lines.rstrip().endswith('CMD [".venv/bin/atlas", "up"]')


def _compose() -> dict[str, dict[str, dict[str, object]]]:
    found = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_compose_sets_only_settings_that_exist() -> None:
    services = _compose()["services"]
    assert set(services) == {"database", "web"}
    environment = services["web"]["environment"]
    assert isinstance(environment, dict)
    assert set(environment) <= SETTINGS
    assert str(environment["ATLAS_DATABASE_URL"]).startswith("postgresql+psycopg://atlas:")
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert asked - SETTINGS == {"ATLAS_DATABASE_PASSWORD"}


def test_compose_holds_no_password_and_refuses_to_start_without_one() -> None:
    text = (ROOT / "compose.yaml").read_text()
    uses = re.findall(r"\$\{ATLAS_DATABASE_PASSWORD(\S*)", text)
    assert len(uses) == 2
    assert all(use.startswith(":?") for use in uses)


def test_composes_database_keeps_its_data_and_is_waited_for() -> None:
    found = _compose()
    database, web = found["services"]["database"], found["services"]["web"]
    assert re.fullmatch(r"postgis/postgis:1[5-9]-3\.\d+", str(database["image"]))
    assert database["volumes"] == ["database:/var/lib/postgresql/data"]
    assert set(found["volumes"]) == {"database", "home"}
    assert "healthcheck" in database
    assert "ports" not in database
    assert web["depends_on"] == {"database": {"condition": "service_healthy"}}
    ports = web["ports"]
    assert isinstance(ports, list)
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_ci_runs_what_people_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "exec make test" in (ROOT / ".ci/run").read_text()
    told = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kinds = (
        "ruff format --check",
        "ruff check",
        "mypy --strict",
        "lint-imports",
        "shellcheck",
        "hadolint",
        "pytest",
    )
    places = [told.index(kind) for kind in kinds]
    assert places == sorted(places)
    assert told.rstrip().splitlines()[-1].startswith(".venv/bin/pytest")
