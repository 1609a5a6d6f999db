"""From what an endpoint gave, or a problem, to what is sent: status, headers, bytes. Knows no request."""

import orjson
from attrs import evolve

from halobestie_app.http import problems
from halobestie_app.http.route import Reply
from halobestie_app.problems import Problem
from halobestie_core.wire import to_wire


def content(reply: Reply) -> bytes:
    """Give the body's bytes."""
    if reply.raw is not None:
        return reply.raw
    return b"" if reply.body is None else orjson.dumps(to_wire(reply.body))


def written(reply: Reply, status: int) -> Reply:
    """Give the same with nothing left to decide; ``status`` is the route's own."""
    return evolve(reply, body=None, raw=content(reply), status=reply.status or status)


def refusal(problem: Problem) -> Reply:
    """Give the answer that a problem is."""
    return Reply(
        status=problem.status,
        headers={"content-type": problems.CONTENT_TYPE.decode(), **problem.headers},
        raw=problems.rendered(problem),
    )
