"""Everything that the published documents allow, and much that they do not, is answered as they say.

Schemathesis makes the requests from `/openapi.json` of both listeners: right ones, and wrong ones in every
way that a schema can be missed. Each route is asked in its situation of the authorisation matrix, by
everybody whom it lets in, half of the time about things that are there. ``FUZZ_EXAMPLES`` says how many.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from attrs import field, frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from halobestie_core.words import UserType
from support.evening import House
from support.matrix import Caller, Row, Target, filled
from support.matrix_rows import ROWS
from support.town import Side, Town
from support.townhall import SETTINGS, issuers, town, variables, xendit
from support.walk import is_internal, wanted

__all__ = ["SETTINGS", "issuers", "town", "variables", "xendit"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(3600)]

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))
ENDLESS = "GET /internal/dashboard/stream"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STRICT = [*CHECKS, negative_data_rejection]
"""And what is wrong is refused: where we did not put it right, or unknown parameters are ignored."""
Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
Asked: TypeAlias = Case[Any]
SETTINGS_OF_FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ONE_PER_ROLE = (Caller.CUSTOMER_A, Caller.MITRA_A, Caller.OPERATOR, Caller.NOBODY)


async def documented(base: str) -> list[Operation]:
    """Every operation of a listener's document."""
    schema = await asyncio.to_thread(schemathesis.openapi.from_url, f"{base}/openapi.json")
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def asking(operation: Operation, mode: GenerationMode) -> st.SearchStrategy[Asked]:
    """Requests of one kind; none where the operation leaves no room for any."""
    strategy: st.SearchStrategy[Asked] = operation.as_strategy(generation_mode=mode)
    return strategy


def pointed(case: Asked, row: Row, ids: Mapping[str, Any]) -> None:
    """Let a request be about what is there."""
    if row.about is not None and case.path_parameters:
        for name in case.path_parameters:
            if name != "aggregate":
                case.path_parameters[name] = ids[row.about]
    if isinstance(case.body, dict) and row.body is not None:
        for name, value in row.body.items():
            if isinstance(value, str) and value.startswith("{") and name in case.body:
                case.body[name] = filled(value, ids)


async def tokens_of(town: Town, row: Row, side: Side) -> list[str | None]:
    """Somebody of each kind that the route lets in; with a log-in of their own."""
    found: list[str | None] = []
    for caller in ONE_PER_ROLE:
        if caller not in row.let_in:
            continue
        if caller is Caller.CUSTOMER_A and not is_internal(row):
            found.append(town.token(town.house.as_id(side.customer), UserType.CUSTOMER))
        elif caller is Caller.MITRA_A and not is_internal(row):
            found.append(town.token(town.house.as_id(side.mitra), UserType.MITRA))
        elif caller is Caller.OPERATOR and is_internal(row):
            found.append((await town.operator()).token)
        elif caller is Caller.NOBODY:
            found.append(None)
    return found or [None]


@frozen
class Fuzz:
    """Asks one operation; keeps what was not as it should be, each once, and how often came what status."""

    operation: Operation
    row: Row
    ids: Mapping[str, Any]
    tokens: list[str | None]
    told: dict[str, str] = field(factory=dict)
    answers: Counter[int] = field(factory=Counter)

    def ask(self, mode: GenerationMode) -> None:
        """Ask so many times; not at all where nothing can be done wrongly."""

        @SETTINGS_OF_FUZZ
        @given(asking(self.operation, mode), st.booleans(), st.sampled_from(self.tokens))
        def one(case: Asked, real: bool, token: str | None) -> None:
            strict = not real and self.row.method != "GET"
            if real:
                pointed(case, self.row, self.ids)
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            response = case.call(headers=headers, session=session, timeout=20)
            session.cookies.clear()
            self.answers[response.status_code] += 1
            try:
                case.validate_response(response, checks=STRICT if strict else CHECKS)
            except (Failure, FailureGroup) as failure:
                self.told.setdefault(str(failure)[:120], f"{self.operation.label}: {failure}")

        with requests.Session() as session, suppress(Unsatisfiable):
            session.trust_env = False
            one()


async def test_the_documents_are_true(house: House, town: Town, subtests: pytest.Subtests) -> None:
    """No answer is 500 or above, and none has a status, a type or a shape that was not published."""
    rows = {row.route: row for row in ROWS}
    answers = Counter[int]()
    for base in (house.first.public, house.first.internal):
        for operation in await documented(base):
            row = rows[operation.label]
            if row.route == ENDLESS:
                continue
            side = await town.side()
            for situation in (row.situation, row.afresh):
                if situation is not None:
                    await situation(town, side)
            ids, tokens = wanted(row, side, side, Target.OWN), await tokens_of(town, row, side)
            fuzz = Fuzz(operation, row, ids, tokens)
            for mode in GenerationMode:
                await asyncio.to_thread(fuzz.ask, mode)
            with subtests.test(row.route):
                assert not fuzz.told, "\n".join(fuzz.told.values())
            answers += fuzz.answers
            await town.empty(side)
    print(dict(sorted(answers.items())))  # noqa: T201  shown by `pytest -rP`
    assert min(answers[status] for status in (200, 201, 400, 401, 404, 409, 422)) > 0
