"""Secrets are compared in constant time, and no object of a running server shows one."""

import ast
import inspect
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

import halobestie_app
from halobestie_app import environment, wiring

pytestmark = pytest.mark.anyio

SOURCES: Final = Path(halobestie_app.__file__).parents[1]
TELLING: Final = re.compile(
    r"(^|_)(token|secret|code|hash|hashed|digest|password|signature|mac|proof)s?($|_)"
)

TWIN: Final = "the twin of a store in memory: as SQL compares them, served to nobody"
AUDIT: Final = "the audit's chain of digests, which is no secret"
ERROR: Final = "the code of an error"
REASONED: Final[Mapping[tuple[str, str], str]] = {
    ("halobestie_adapters/fcm/account.py", "self._token != but"): "our own token of FCM with itself",
    ("halobestie_adapters/fcm/sender.py", "verdict.code != 'QUOTA_EXCEEDED'"): ERROR,
    ("halobestie_adapters/fcm/verdicts.py", "code == 'QUOTA_EXCEEDED'"): ERROR,
    ("halobestie_adapters/fcm/verdicts.py", "code == 'INVALID_ARGUMENT'"): ERROR,
    (
        "halobestie_adapters/identity/phones.py",
        "phone.country_code not in self._calling_codes",
    ): "countries",
    ("halobestie_adapters/memory/idempotency.py", "known.hash not in hashes"): TWIN,
    ("halobestie_adapters/memory/identity.py", "email_hash not in self._tables.attempts"): TWIN,
    ("halobestie_adapters/memory/identity.py", "operator.password_hash == before"): TWIN,
    ("halobestie_adapters/memory/pushes.py", "kept[0].token == device.token"): TWIN,
    ("halobestie_adapters/memory/pushes.py", "kept[0].token != device.token"): TWIN,
    ("halobestie_adapters/postgres/verifying.py", "found != anchor.digest"): AUDIT,
    ("halobestie_adapters/redis/picture.py", "digest != _digest(packed)"): "guards against damage alone",
    ("halobestie_app/demo/robots.py", "refused.code != 'MITRA_OFFLINE'"): ERROR,
    ("halobestie_app/fakes/fcm.py", "trouble.code == 'BAD_GATEWAY'"): ERROR,
    ("halobestie_app/fakes/fcm.py", "one.token in (None, token)"): "a stand-in's order for a device",
    ("halobestie_core/audit/replaying.py", "entry.previous_hash != before"): AUDIT,
    ("halobestie_core/audit/replaying.py", "entry.hash != chained(before, entry.body)"): AUDIT,
}
"""Where equality is enough, and why."""


def comparisons() -> Iterator[tuple[str, int, str]]:
    """Every comparison by ``==``, ``!=`` or ``in`` of something that is called like a secret."""
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and _by_equality(node):
                sides = [node.left, *node.comparators]
                if any(_telling(side) for side in sides) and not any(_known(side) for side in sides):
                    yield str(path.relative_to(SOURCES)), node.lineno, ast.unparse(node)


def _by_equality(node: ast.Compare) -> bool:
    return any(isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for operator in node.ops)


def _telling(node: ast.expr) -> bool:
    """A name, an attribute, or what a call of one gives."""
    if isinstance(node, ast.Call):
        return _telling(node.func)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return bool(TELLING.search(name.lower()))


def _known(node: ast.expr) -> bool:
    """A member of one of our enums (``Code.RATE_LIMITED``), a constant of ours, or nothing at all."""
    if isinstance(node, ast.Attribute):
        return node.attr.isupper()
    if isinstance(node, ast.Name):
        return node.id.isupper()
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def test_secrets_are_compared_in_constant_time() -> None:
    """Nothing that is called like a secret meets ``==``, but where a line above says why it may."""
    found = list(comparisons())
    wrong = [f"{path}:{line}: {text}" for path, line, text in found if (path, text) not in REASONED]
    assert not wrong, "\n".join(wrong)


def test_the_search_finds_what_it_looks_for() -> None:
    """Names, attributes and calls; not the codes of our own refusals."""
    bad = ("token == given", "row.token_hash != wanted", "digest(x) == y", "code in codes", "a == my_secret")
    good = ("problem.code == Code.NOT_FOUND", "token is None", "kind == other", "token == None")
    for text in (*bad, *good):
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.Compare)
        sides = [node.left, *node.comparators]
        hit = (
            _by_equality(node)
            and any(_telling(side) for side in sides)
            and not any(_known(side) for side in sides)
        )
        assert hit == (text in bad), text


@pytest.mark.parametrize(
    "place",
    [
        "halobestie_adapters/identity/keys.py",
        "halobestie_app/usecases/webhooks.py",
    ],
)
def test_where_secrets_are_judged_it_is_by_compare_digest(place: str) -> None:
    """Codes and refresh tokens, and the gateway's token; access tokens and passwords by their libraries."""
    assert "compare_digest(" in (SOURCES / place).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------- not shown

MARK: Final = "hunter2"
SECRETS: Final = {
    "AUTH_JWT_SECRET": f"{MARK}{'j' * 32}",
    "AUTH_JWT_SECRET_INTERNAL": f"{MARK}{'i' * 32}",
    "CHAT_ENCRYPTION_KEYS": f"{MARK}{'c' * 32}",
    "PAYMENT_GATEWAY": "xendit",
    "XENDIT_SECRET_KEY": f"xnd_{MARK}",
    "XENDIT_CALLBACK_TOKEN": f"{MARK}-callback",
    "XENDIT_BASE_URL": "http://127.0.0.1:9",
    "OTP_PROVIDER": "http",
    "OTP_HTTP_URL": "http://127.0.0.1:9/send",
    "OTP_HTTP_TOKEN": f"{MARK}-otp",
}


@pytest.fixture
async def parts(database_url: str, valkey_url: str) -> AsyncIterator[wiring.Parts]:
    """A whole server, every secret of which has a mark."""
    env = environment.read(SECRETS)
    async with wiring.assembled(env, database_url, valkey_url) as made:
        yield made


def reachable(start: object) -> Iterator[object]:
    """Every object of ours that can be reached from one, and what they hold, closures too."""
    seen: set[int] = set()
    waiting: list[object] = [start]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | type):
            continue
        seen.add(id(one))
        if isinstance(one, list | tuple | set | frozenset):
            waiting.extend(one)
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif inspect.isfunction(one):
            waiting.extend(cell.cell_contents for cell in one.__closure__ or () if _filled(cell))
        elif inspect.ismethod(one):
            waiting.append(one.__self__)
        elif type(one).__module__.startswith("halobestie_"):
            yield one
            waiting.extend(_held(one))


def _filled(cell: Any) -> bool:  # noqa: ANN401  types.CellType has no typed contents
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _held(one: object) -> list[object]:
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    held = [getattr(one, name, None) for name in slots if isinstance(name, str)]
    return [*held, *vars(one).values()] if hasattr(one, "__dict__") else held


async def test_no_part_of_a_server_shows_a_secret(parts: wiring.Parts) -> None:
    """Neither by ``repr`` nor by ``str``, so that no traceback, log or debugger page can hold one."""
    looked_at = list(reachable(parts))
    assert len(looked_at) > 100
    kinds = {type(one).__name__ for one in looked_at}
    assert {"Environment", "KeyRing", "Door"} <= kinds, kinds
    shown = {type(one).__qualname__ for one in looked_at if MARK in f"{one!r}{one}" and not _is_text(one)}
    assert not shown


def _is_text(one: object) -> bool:
    return isinstance(one, str)
