"""The scripts of the pages: typed as strictly as the rest, and installed by content instead of by address."""

import json
import subprocess
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "api" / "web"


def test_the_scripts_are_well_typed() -> None:
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    assert compiler.exists(), "the web packages are missing: npm ci in api/web"
    found = subprocess.run([compiler, "--noEmit"], cwd=WEB, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_every_package_is_pinned_by_its_content_and_by_no_address() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 5
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
