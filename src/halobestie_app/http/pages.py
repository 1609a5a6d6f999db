"""The web apps' files, as a listener serves them: what is listed exists, nothing else does. Knows no app.

Read into memory at the start; while the apps are being written, anew at each request. A browser keeps a file
and asks whether it changed, so that nobody runs yesterday's app against today's server. The page alone may
carry one script, its import map, and the policy names it by its hash.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

FILES: Final = Path(__file__).resolve().parents[1] / "web"
"""Where the apps are; ``vendor`` in it is made by the set-up, and carried by the wheel."""

TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""What is served, by suffix; a file of another kind is not."""

INDEX: Final = "index.html"
_SHARED: Final[Mapping[str, str]] = {"/common/": "common", "/vendor/": "vendor"}

_IMPORT_MAP: Final = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
_VENDOR: Final = re.compile(rb'"(/vendor/[^"]+)"')
"""What a page asks for that is not ours, in an attribute or in its import map."""


@frozen
class Site:
    """What one listener shows.

    ``folders``: where a prefix of paths finds its files (below `FILES`); ``pages``: paths of their own, each
    with its folder, whose index it shows; ``detours``: paths that lead to another.
    """

    folders: Mapping[str, str]
    pages: Mapping[str, str]
    detours: Mapping[str, str]


PUBLIC: Final = Site(
    folders={"/app/": "customer", "/mitra/": "mitra", **_SHARED},
    pages={"/app/": "customer", "/mitra/": "mitra"},
    detours={"/": "/app/", "/app": "/app/", "/mitra": "/mitra/"},
)
INTERNAL: Final = Site(
    folders={"/control_center/": "control_center", **_SHARED},
    pages={"/": "control_center"},
    detours={"/control_center": "/", "/control_center/": "/"},
)


@frozen
class File:
    """One file as it is answered: its bytes, and the headers that say what they are."""

    body: bytes
    headers: Mapping[str, str]


class Shelf:
    """The files of one site by path of the URL."""

    def __init__(self, site: Site, root: Path = FILES, *, fresh: bool = False) -> None:
        """Read them all; with ``fresh``, a file that changes, comes or goes is noticed later, too."""
        self._site = site
        self._root = root
        self._fresh = fresh
        self._files = {path: read(file) for path, file in self._listed()}

    def get(self, path: str) -> File | None:
        """Give the file at the path of a URL, decoded; None if there is none."""
        if self._fresh:
            found = dict(self._listed()).get(path)
            return None if found is None else read(found)
        return self._files.get(path)

    def missing(self) -> list[str]:
        """Name what the set-up should have brought, because a page asks for it, and has not."""
        pages = [self._files[path].body for path in self._site.pages if path in self._files]
        asked = {path.decode() for page in pages for path in _VENDOR.findall(page)}
        return sorted(asked - set(self._files))

    def _listed(self) -> Iterator[tuple[str, Path]]:
        for path, folder in self._site.pages.items():
            if (self._root / folder / INDEX).is_file():
                yield path, self._root / folder / INDEX
        for prefix, folder in self._site.folders.items():
            for file in (self._root / folder).rglob("*"):
                hidden = file.name.startswith(".") or file.name == INDEX
                if file.suffix in TYPES and not hidden and file.is_file():
                    yield prefix + file.relative_to(self._root / folder).as_posix(), file


def read(file: Path) -> File:
    """Read one file, and work out what is said of it."""
    body = file.read_bytes()
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy(body if file.suffix == ".html" else b""),
        "Content-Type": TYPES[file.suffix],
        "ETag": f'"{sha256(body).hexdigest()[:32]}"',
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return File(body, headers)


def policy(page: bytes) -> str:
    """Say what a page may load: what is ours, and its own import map. It holds for workers, too."""
    hashes = (b64encode(sha256(script).digest()).decode() for script in _IMPORT_MAP.findall(page))
    scripts = " ".join(("'self'", *(f"'sha256-{one}'" for one in hashes)))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def routes(site: Site, shelf: Shelf) -> tuple[BaseRoute, ...]:
    """Give the routes that serve ``shelf``; beside the listener's table: files, not calls."""

    async def show(request: Request) -> Response:
        file = shelf.get(request.scope["path"])
        if file is None:
            raise HTTPException(404)
        # The headers go with a 304 as well: a browser takes them over for what it has kept.
        if _known(request.headers.get("if-none-match", ""), file.headers["ETag"]):
            return Response(status_code=304, headers=file.headers)
        length = {"Content-Length": str(len(file.body))}
        return Response(b"" if request.method == "HEAD" else file.body, headers={**file.headers, **length})

    async def lead(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(site.detours[request.scope["path"]] + (f"?{query}" if query else ""), 307)

    return (
        *(Route(path, lead) for path in site.detours),
        *(Route(path, show) for path in site.pages),
        *(Route(f"{prefix}{{path:path}}", show) for prefix in site.folders),
    )


def _known(given: str, etag: str) -> bool:
    """Whether `If-None-Match` names what we have."""
    return given.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in given.split(","))
