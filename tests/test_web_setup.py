"""What the set-up brings for the web apps: locked by hash, carried by the wheel, named in the bill."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import web

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    path: about
    for path, about in json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"].items()
    if path
}


def test_the_lock_names_hashes_and_no_address() -> None:
    """Wherever it is fetched from, it has to be that; nothing of it runs when it is installed."""
    assert all(about["integrity"].startswith("sha512-") for about in PACKAGES.values())
    assert not [
        path for path, about in PACKAGES.items() if "resolved" in about or "hasInstallScript" in about
    ]


def test_everything_served_is_locked() -> None:
    """Each file comes out of a package that browsers are meant to get, not one that tests use."""
    for source in web.SERVED.values():
        [package] = [path for path in PACKAGES if f"node_modules/{source}".startswith(f"{path}/")]
        assert not PACKAGES[package].get("dev")


def test_the_set_up_is_done() -> None:
    """What is served is what was installed, byte by byte, and a second run would find nothing to do."""
    assert web.ready()
    for name, source in web.SERVED.items():
        assert (web.VENDOR / name).read_bytes() == (web.MODULES / source).read_bytes()


def test_the_wheel_carries_the_apps(tmp_path: Path) -> None:
    """Whoever installs it needs no Node: the apps are in it, with what they stand on."""
    build = [sys.executable, "-m", "hatchling", "build", "--target=wheel", f"--directory={tmp_path}"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  our own build
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    folder = ROOT / "src" / "halobestie_app" / "web"
    apps = {f"halobestie_app/web/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.*")}
    assert {f"halobestie_app/web/vendor/{name}" for name in web.SERVED} <= apps
    assert apps <= names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests")]


@pytest.mark.parametrize(
    "name, value", [("NPM_CONFIG_OMIT", "dev"), ("npm_config_global", "true"), ("NODE_ENV", "production")]
)
def test_settings_of_the_machine_do_not_leave_things_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """What somebody set for other projects has no say in what is installed here."""
    monkeypatch.setenv(name, value)
    assert name not in web.environment()


def test_certificates_that_somebody_named_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own are only for who named none."""
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "/mine.pem")
    assert web.environment()["NODE_EXTRA_CA_CERTS"] == "/mine.pem"
