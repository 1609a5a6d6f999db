"""Finds the route of a path: a tree of path segments. Knows no request beyond its path."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from halobestie_app.http.route import Route

_NO_IDS: Final[Mapping[str, UUID]] = {}
_NO_WORDS: Final[Mapping[str, str]] = {}


@define
class _Segment:
    fixed: dict[str, "_Segment"] = field(factory=dict)
    parameter: "_Segment | None" = None
    methods: dict[str, Route] = field(factory=dict)


@frozen
class Found:
    """What serves a path, by method, and the segments that stand where the path has parameters."""

    methods: Mapping[str, Route]
    values: tuple[str, ...] = ()


class Table:
    """Every route of one listener."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError for two routes with one method and path."""
        self._root = _Segment()
        for route in routes:
            at = self._root
            for name in route.template.split("/")[1:]:
                if name.startswith("{"):
                    at.parameter = at.parameter or _Segment()
                    at = at.parameter
                else:
                    at = at.fixed.setdefault(name, _Segment())
            if route.method in at.methods:
                raise ValueError(f"two routes for {route.method} {route.path}")
            at.methods[route.method] = route
        self._plain: dict[str, Found] = {}
        self._gather(self._root, "")

    def _gather(self, at: _Segment, path: str) -> None:
        """Paths without parameters, by their whole text."""
        if at.methods:
            self._plain[path] = Found(at.methods)
        for name, below in at.fixed.items():
            self._gather(below, f"{path}/{name}")

    def find(self, path: str) -> Found | None:
        """Give what serves ``path``; a fixed segment is preferred to a parameter."""
        return self._plain.get(path) or self._walk(self._root, path.split("/")[1:], ())

    def _walk(self, at: _Segment, rest: list[str], values: tuple[str, ...]) -> Found | None:
        if not rest:
            return Found(at.methods, values) if at.methods else None
        name, *below = rest
        if (fixed := at.fixed.get(name)) is not None and (found := self._walk(fixed, below, values)):
            return found
        if at.parameter is not None and name:
            return self._walk(at.parameter, below, (*values, name))
        return None


def parsed(route: Route, values: tuple[str, ...]) -> tuple[Mapping[str, UUID], Mapping[str, str]]:
    """Give the ids and the words among a path's values. Raises ValueError for an id that is none."""
    if not values:
        return _NO_IDS, _NO_WORDS
    ids: dict[str, UUID] = {}
    words: dict[str, str] = {}
    for (name, is_text), value in zip(route.parameters, values, strict=True):
        if is_text:
            words[name] = value
            continue
        ids[name] = UUID(value)
        if str(ids[name]) != value.lower():  # UUID() also reads braces, urn: and no hyphens
            raise ValueError("not the canonical form of an id")
    return ids, words
