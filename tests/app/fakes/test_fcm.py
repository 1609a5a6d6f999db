"""The stand-in for FCM: as strict as the real one, with an inbox that shows everything and runs nothing."""

from pathlib import Path

import httpx2
import pytest

from halobestie_app.environment import read
from halobestie_app.fakes.fcm import PROJECT, FakeFcm
from halobestie_app.fakes.serving import fcm_served

pytestmark = pytest.mark.anyio

SEND = f"/v1/projects/{PROJECT}/messages:send"


def visitor(fake: FakeFcm) -> httpx2.AsyncClient:
    """A client of the stand-in."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(fake.app()), base_url="http://fake")


async def test_nobody_sends_without_a_token() -> None:
    """401, as the real one."""
    async with visitor(FakeFcm()) as http:
        for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic x"}):
            answer = await http.post(SEND, json={"message": {"token": "x"}}, headers=headers)
            assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("assertion", ["", "x.y.z", "e30.e30.x"])
async def test_tokens_are_for_the_service_account(assertion: str) -> None:
    """Somebody else's signature is no grant."""
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    async with visitor(FakeFcm()) as http:
        answer = await http.post("/token", data=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"minutes": 5}},
        {"data": {"google.x": "y"}},
        {"data": {"from": "me"}},
        {"data": {"long": "x" * 5000}},
        {"android": {"ttl": "17"}},
        {"apns": {"headers": {"apns-collapse-id": "x" * 65}}},
    ],
)
async def test_what_fcm_would_not_take(wrong: dict[str, object]) -> None:
    """Data that is not all strings, reserved names, too much of it, a life without its unit."""
    fake = FakeFcm()
    fake._tokens["mine"] = float("inf")  # noqa: SLF001  what a grant would give
    async with visitor(fake) as http:
        headers = {"Authorization": "Bearer mine"}
        answer = await http.post(SEND, json={"message": {"token": "x", **wrong}}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
        right = await http.post(SEND, json={"message": {"token": "x", "data": {"a": "b"}}}, headers=headers)
        assert right.status_code == 200
        assert right.json()["name"].startswith(f"projects/{PROJECT}/messages/")


async def test_the_inbox_escapes_everything() -> None:
    """What people are called is text, never markup; no script may run on the page."""
    fake, evil = FakeFcm(), "<script>alert('1')</script>\"&"
    fake._tokens["mine"] = float("inf")  # noqa: SLF001  what a grant would give
    message = {
        "token": f"{evil}",
        "notification": {"title": evil, "body": evil},
        "data": {"type": evil, evil: evil},
        "android": {"ttl": "9s"},
    }
    async with visitor(fake) as http:
        assert "Nothing was pushed yet" in (await http.get("/")).text
        sent = await http.post(SEND, json={"message": message}, headers={"Authorization": "Bearer mine"})
        assert sent.status_code == 200
        shown = await http.get("/")
        assert "<script" not in shown.text
        assert "&lt;script&gt;" in shown.text
        assert shown.headers["content-security-policy"] == "default-src 'none'; style-src 'self'"
        assert (await http.get("/style.css")).headers["content-type"].startswith("text/css")
        listed = (await http.get("/inbox")).json()
        assert [one["message"]["notification"]["title"] for one in listed] == [evil]
        assert (await http.delete("/inbox")).status_code == 204
        assert (await http.get("/inbox")).json() == []


async def test_errors_on_demand_over_http() -> None:
    """Whoever tries the demo can ask for any of them."""
    fake = FakeFcm()
    fake._tokens["mine"] = float("inf")  # noqa: SLF001  what a grant would give
    async with visitor(fake) as http:
        for wrong in (b"", b"{}", b'{"code": "TIRED"}', b'{"code": "INTERNAL", "colour": "red"}'):
            assert (await http.post("/troubles", content=wrong)).status_code == 400
        trouble = {"code": "UNREGISTERED", "token": "other", "times": 2}
        assert (await http.post("/troubles", json=trouble)).status_code == 204
        statuses = []
        for token in ("mine", "other", "other", "other"):
            body, headers = {"message": {"token": token}}, {"Authorization": "Bearer mine"}
            statuses.append((await http.post(SEND, json=body, headers=headers)).status_code)
        assert statuses == [200, 404, 404, 200]
        assert (await http.delete("/troubles")).status_code == 204
    assert [one.answer for one in fake.asked] == ["SENT", "UNREGISTERED", "UNREGISTERED", "SENT"]


async def test_it_listens_for_as_long_as_it_is_wanted(tmp_path: Path) -> None:
    """Beside the server, on the loopback address; its service account is for its owner's eyes."""
    async with fcm_served(tmp_path) as place, httpx2.AsyncClient(trust_env=False) as http:
        assert "Pushes" in (await http.get(place.url)).text
        assert place.account.stat().st_mode & 0o777 == 0o600
        env = place.named_in(read({}))
        assert (env.firebase_service_account_path, env.fcm_base_url) == (place.account, place.url)
        assert read(place.variables).fcm_base_url == place.url
    assert not place.account.exists()
