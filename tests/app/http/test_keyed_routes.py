"""Every POST of customers and operators honours an ``Idempotency-Key``, or has a reason not to."""

from halobestie_app.http import internal, openapi, public
from halobestie_app.http.route import Route

LOG_IN = "gives tokens, which are kept nowhere; asking again gives others"

WITHOUT = {
    "/api/client/auth/otp/request": "a code may be asked for again; its own rules count how often",
    "/api/client/auth/otp/verify": LOG_IN,
    "/api/client/auth/google": LOG_IN,
    "/api/client/auth/apple": LOG_IN,
    "/internal/auth/login": LOG_IN,
    "/internal/auth/refresh": LOG_IN,
    "/internal/auth/logout": "ends what may be ended twice",
}
"""Paths that need no key, each with its reason. Whatever moves money or sessions has no place here."""


def posts() -> list[Route]:
    """The routes in question."""
    ours = ("/api/client/", "/internal/")
    table = (*public.ROUTES, *internal.ROUTES)
    return [route for route in table if route.method == "POST" and route.path.startswith(ours)]


def test_every_command_may_be_repeated() -> None:
    """A new route says ``keyed=True``, or a reason is written down above."""
    lacking = {route.template for route in posts() if not route.keyed} - set(WITHOUT)
    assert not lacking, f"keyed=True, or a reason in this file, is missing: {sorted(lacking)}"


def test_reasons_are_needed() -> None:
    """Nobody has both a key and a reason to have none."""
    assert not {route.template for route in posts() if route.keyed} & set(WITHOUT)


def test_nobody_elses() -> None:
    """Keys are told of where they are honoured, and nowhere else."""
    for routes in (public.ROUTES, internal.ROUTES):
        document = openapi.document(routes, "Test", "1")
        for route in routes:
            told = document["paths"][route.template][route.method.lower()]
            headers = [one["name"] for one in told.get("parameters", []) if one["in"] == "header"]
            assert headers == (["Idempotency-Key"] if route.keyed else [])
            assert ("IN_PROGRESS" in openapi.possible(route)) == route.keyed
            assert ("IDEMPOTENCY_MISMATCH" in openapi.possible(route)) == route.keyed
