"""The web apps' files: what is listed is served with what keeps it safe, and nothing else is there."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from halobestie_app.http.dressing import SAFE, dressed
from halobestie_app.http.pages import FILES, INTERNAL, PUBLIC, Shelf, Site, routes

pytestmark = pytest.mark.anyio

MAP = '{"imports": {"preact": "/vendor/preact.js", "common/": "/common/"}}'
PAGE = f"""<!DOCTYPE html>
<html lang="id"><head><link rel="stylesheet" href="/vendor/pico.css">
<script type="importmap">{MAP}</script><script type="module" src="main.js"></script></head></html>
"""
TREE = {
    "customer/index.html": PAGE,
    "customer/main.js": "export const here = 1;",
    "customer/manifest.webmanifest": "{}",
    "customer/screens/home.js": "export const home = 1;",
    "customer/notes.txt": "not for everybody",
    "customer/.secret.js": "export const secret = 1;",
    "mitra/index.html": PAGE,
    "control_center/index.html": PAGE,
    "control_center/main.js": "export const inside = 1;",
    "common/icon.svg": "<svg/>",
    "common/icon-192.png": "PNG",
    "common/styles/base.css": "body {}",
    "vendor/preact.js": "export const h = 1;",
    "vendor/pico.css": "a {}",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small house of files, with something beside it."""
    (tmp_path / "outside.js").write_text("export const outside = 1;", "utf-8")
    for name, text in TREE.items():
        file = tmp_path / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return tmp_path / "web"


def visitor(root: Path, site: Site = PUBLIC, *, fresh: bool = False) -> httpx2.AsyncClient:
    """Somebody's browser, at a listener that dresses its answers as ours do."""
    app = dressed(Starlette(routes=list(routes(site, Shelf(site, root, fresh=fresh)))), SAFE)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://halobestie.example")


def rules(answer: httpx2.Response) -> Mapping[str, str]:
    """The policy of an answer, by directive."""
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize(
    "path, name, kind",
    [
        ("/app/", "customer/index.html", "text/html; charset=utf-8"),
        ("/app/main.js", "customer/main.js", "text/javascript; charset=utf-8"),
        ("/app/screens/home.js", "customer/screens/home.js", "text/javascript; charset=utf-8"),
        ("/app/manifest.webmanifest", "customer/manifest.webmanifest", "application/manifest+json"),
        ("/mitra/", "mitra/index.html", "text/html; charset=utf-8"),
        ("/common/icon.svg", "common/icon.svg", "image/svg+xml"),
        ("/common/icon-192.png", "common/icon-192.png", "image/png"),
        ("/common/styles/base.css", "common/styles/base.css", "text/css; charset=utf-8"),
        ("/vendor/preact.js", "vendor/preact.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_a_file_is_served_as_what_it_is(root: Path, path: str, name: str, kind: str) -> None:
    """Its bytes, its type, and that nobody may guess another; kept, but asked about each time."""
    async with visitor(root) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.text) == (200, TREE[name])
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("cache-control") == ["no-cache"]


async def test_the_control_center(root: Path) -> None:
    """Its page is at the top of the internal listener, its files have a folder."""
    async with visitor(root, INTERNAL) as http:
        assert (await http.get("/")).text == PAGE
        assert (await http.get("/control_center/main.js")).text == TREE["control_center/main.js"]
        assert (await http.get("/vendor/preact.js")).status_code == 200
        assert (await http.get("/control_center/", follow_redirects=True)).text == PAGE


@pytest.mark.parametrize("site, path", [(PUBLIC, "/app/"), (PUBLIC, "/mitra/"), (INTERNAL, "/")])
async def test_the_policy_knows_the_import_map(root: Path, site: Site, path: str) -> None:
    """Only what is ours may be loaded, and of inline scripts that one; a word of it changed breaks it."""
    async with visitor(root, site) as http:
        said = rules(await http.get(path))
    assert said["default-src"] == "'none'"
    assert said["script-src"] == f"'self' 'sha256-{b64encode(sha256(MAP.encode()).digest()).decode()}'"
    assert said["style-src"] == said["connect-src"] == said["worker-src"] == "'self'"
    assert {said[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert "unsafe" not in str(said)
    assert "http" not in str(said)


async def test_what_has_not_changed_is_not_sent_again(root: Path) -> None:
    """304 for whoever has it, with the same policy, because browsers take that over; else all of it."""
    async with visitor(root) as http:
        first = await http.get("/app/")
        etag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
        for known in (etag, f'"other", W/{etag}', "*"):
            again = await http.get("/app/", headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etag
            assert rules(again) == rules(first)
            assert again.headers["cache-control"] == "no-cache"
        assert (await http.get("/app/", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_only_reading(root: Path) -> None:
    """HEAD gives the headers; nothing can be sent here."""
    async with visitor(root) as http:
        whole, head = await http.get("/app/main.js"), await http.head("/app/main.js")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.content))
        assert head.headers["etag"] == whole.headers["etag"]
        for method in ("POST", "PUT", "DELETE"):
            assert (await http.request(method, "/app/")).status_code == 405


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    "path",
    [
        *("/app/nothing.js", "/app/screens", "/app/screens/", "/common/", "/vendor/", "/app//main.js"),
        *("/app/index.html", "/app/notes.txt", "/app/main.JS", "/customer/main.js", "/common/styles"),
        *("/app/.secret.js", "/app/../../outside.js", "/app/%2e%2e/%2e%2e/outside.js"),
        *(
            "/app/..%2f..%2foutside.js",
            "/vendor/../customer/main.js",
            "/app/%2Fetc%2Fpasswd",
            "/app/main.js%00",
        ),
        *("/control_center/main.js", "/control_center/", "/app/main.js/"),
    ],
)
async def test_nothing_else_is_there(root: Path, path: str, fresh: bool) -> None:
    """No folder is listed, no path leads out, no other kind of file; nor the other listener's app."""
    async with visitor(root, fresh=fresh) as http:
        asked = httpx2.URL("https://halobestie.example", raw_path=path.encode())
        assert (await http.get(asked)).status_code == 404


@pytest.mark.parametrize("path", ["/app/", "/app/main.js", "/mitra/", "/app"])
async def test_the_internal_listener_has_only_its_own(root: Path, path: str) -> None:
    """The people's apps are not there."""
    async with visitor(root, INTERNAL) as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path, to",
    [("/", "/app/"), ("/app", "/app/"), ("/mitra", "/mitra/"), ("/mitra?lang=en", "/mitra/?lang=en")],
)
async def test_detours(root: Path, path: str, to: str) -> None:
    """A folder without its slash leads to the app; what was asked for goes along."""
    async with visitor(root) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, to)


async def test_fresh_files(root: Path) -> None:
    """Where apps are being written, a reload shows what changed, came or went; elsewhere a start does."""
    async with visitor(root, fresh=True) as now, visitor(root) as then:
        (root / "customer/main.js").write_text("export const here = 2;", "utf-8")
        (root / "customer/new.js").write_text("export const fresh = 1;", "utf-8")
        (root / "customer/screens/home.js").unlink()
        assert (await now.get("/app/main.js")).text == "export const here = 2;"
        assert (await then.get("/app/main.js")).text == TREE["customer/main.js"]
        found = [(await http.get("/app/new.js")).status_code for http in (now, then)]
        assert found == [200, 404]
        found = [(await http.get("/app/screens/home.js")).status_code for http in (now, then)]
        assert found == [404, 200]


def test_what_the_setup_has_not_brought(root: Path) -> None:
    """Each file that a page asks for is named, once."""
    assert Shelf(PUBLIC, root).missing() == []
    (root / "vendor/preact.js").unlink()
    (root / "vendor/pico.css").unlink()
    assert Shelf(PUBLIC, root).missing() == ["/vendor/pico.css", "/vendor/preact.js"]


# --------------------------------------------------------------------------------------------- our own


@pytest.mark.parametrize("site", [PUBLIC, INTERNAL], ids=["public", "internal"])
async def test_our_pages(site: Site) -> None:
    """They are there, everything they name is there, and nothing in them would need a weaker policy."""
    assert Shelf(site).missing() == []
    async with visitor(FILES, site) as http:
        for path in site.pages:
            page = (await http.get(path)).text
            assert page.startswith(("<!DOCTYPE html>", "<!doctype html>"))
            for inline in (r"<style", r"\sstyle=", r"\son[a-z]+=", r"javascript:", r"https?://"):
                assert re.search(inline, page) is None, inline
            scripts = re.findall(r"<script([^>]*)>", page)
            assert all("src=" in script or 'type="importmap"' in script for script in scripts)
            named = re.findall(r'(?:href|src)="([^"#]+)"', page) + re.findall(r':\s*"(/[^"]+[^"/])"', page)
            for url in named:
                assert (
                    await http.get(httpx2.URL(f"https://halobestie.example{path}").join(url))
                ).is_success, url


async def test_icons_of_an_installed_app() -> None:
    """Each picture that a manifest names is there, and one of them may be cut to any shape."""
    async with visitor(FILES) as http:
        icons = (await http.get("/mitra/manifest.webmanifest")).json()["icons"]
        assert "maskable" in {icon["purpose"] for icon in icons}
        for icon in icons:
            assert (await http.get(icon["src"])).headers["content-type"] == icon["type"]
