"""Stories of asking for more time: yes, no, silence of every kind, the end meanwhile. An instance each."""

from datetime import datetime

import pytest
from attrs import define

from support.evening import House
from support.people import Customer, Json, Mitra, Operator
from support.sockets import Socket
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"extension_timeout_seconds": 5, "mitra_stale_after_seconds": 3600}
PRICE = 25_000
REQUEST = (
    "type at session_id extension_id duration_minutes price topic_sensitivity timeout_seconds deadline_at"
    " default_action extension"
)
RESPONSE = "type at session_id extension_id accepted duration_minutes expires_at via_timeout extension"
# Its beginning moves with its end: paid minutes are not what a test may change.
RUN_OUT = """
UPDATE chat_sessions SET started_at = started_at - (expires_at - now()), expires_at = now(), wake_at = now()
WHERE id = %s"""
UNHEARD = "UPDATE mitras SET last_heartbeat_at = now() - interval '2 hours' WHERE id = %s"
LEDGER = (
    "SELECT kind, amount::integer FROM customer_transactions WHERE payment_session_id = %s ORDER BY at, id"
)
FAILURES = """
SELECT cause_tag, extension_id::text, amount::integer, operator_action, superseded_at FROM pairing_failures
WHERE payment_session_id = %s"""
FACTS = """
SELECT facts FROM transitions WHERE machine = 'extension' AND aggregate_id = %s
ORDER BY version DESC LIMIT 1"""


@define
class Talk:
    """A chat, its two people, who are served by different instances, and their sockets."""

    house: House
    ayu: Customer
    budi: Mitra
    session: Json
    ayus: Socket
    budis: Socket

    async def charged(self, extension: Json) -> None:
        """The ledger has one charge, operators have nothing to do."""
        payment = {"id": extension["payment_session_id"]}
        assert await self._ledger(payment) == [("extension", extension["price"])]
        assert await self.house.rows(FAILURES, payment["id"]) == []
        after = await self.ayu.payment(payment)
        assert (after["status"], after["refund"]) == ("consumed", None)

    async def owed(self, extension: Json, cause: str) -> None:
        """The ledger owes it back, and operators have one row that says why."""
        payment = {"id": extension["payment_session_id"]}
        assert await self._ledger(payment) == [("refund_due", extension["price"])]
        assert await self.house.rows(FAILURES, payment["id"]) == [
            {
                "cause_tag": cause,
                "extension_id": extension["id"],
                "amount": extension["price"],
                "operator_action": None,
                "superseded_at": None,
            }
        ]
        after = await self.ayu.payment(payment)
        assert (after["status"], after["cause_tag"], after["refund"]) == ("failed_pairing", cause, "due")

    async def _ledger(self, payment: Json) -> list[tuple[str, int]]:
        rows = await self.house.rows(LEDGER, payment["id"])
        return [(row["kind"], row["amount"]) for row in rows]

    async def answered(self, extension: Json, **members: Json) -> Json:
        """What the customer hears: exactly these members, and the chat's end as it is now."""
        frame = await self.ayus.until("extension_response", extension_id=extension["id"])
        reason = " reason" if "reason" in members else ""
        assert set(frame) == set((RESPONSE + reason).split())
        assert {name: frame[name] for name in members} == members
        assert frame["duration_minutes"] == extension["duration_minutes"]
        assert frame["extension"]["id"] == extension["id"]
        assert frame["extension"]["version"] == 2
        return frame

    async def resumed(self) -> Json:
        """Both hear that the clock runs again; gives the chat."""
        frames = [await one.until("session_resumed") for one in (self.ayus, self.budis)]
        assert frames[0]["session"]["status"] == "active"
        assert frames[0]["session"]["version"] == frames[1]["session"]["version"]
        return frames[0]["session"]

    async def facts(self, extension: Json) -> Json:
        """What the guards saw."""
        return await self.house.value(FACTS, extension["id"])

    async def ends(self) -> None:
        """Nothing of this story is left."""
        (await self.ayu.end(self.session["id"])).ok()


async def talking(house: House, minutes: int = 5) -> Talk:
    """Two people in a chat, each with a socket on an instance of their own."""
    first, second = house.instances
    ayu, budi = (await house.customer()).via(first), (await house.mitra("Budi")).via(second)
    await budi.comes()
    session = await budi.accepts(await ayu.searches(await ayu.pays(minutes)))
    return Talk(house, ayu, budi, session, await ayu.connects(), await budi.connects())


async def in_force(operator: Operator, **values: Json) -> None:
    """Change settings; each instance has them when this returns."""
    (await operator.change(**values)).ok()

    async def known() -> bool:
        everywhere = [operator.via(instance) for instance in operator.house.instances]
        lists = [(await one.get("/internal/config"))["rows"] for one in everywhere]
        found = [{row["key"]: row["value"] for row in rows if row["key"] in values} for rows in lists]
        return all(one == values for one in found)

    await eventually(known)


def seconds(later: str, earlier: str) -> float:
    """How many seconds lie between."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


# ---------------------------------------------------------------------- paying for it


async def test_cold_start_while_paying_for_more(house: House) -> None:
    """From the first tap to the answer, a new socket and a cold start show what more time is paid with."""
    talk = await talking(house)
    ayu, budi = talk.ayu, talk.budi

    async def current() -> tuple[str, str]:
        active = await ayu.get("/api/client/chat/active")
        snapshot = (await ayu.connects()).snapshot
        assert snapshot["payment_session"] == active["payment_session"]
        assert active["session"]["id"] == talk.session["id"]
        return active["payment_session"]["id"], active["payment_session"]["status"]

    first = await current()
    assert first[1] == "consumed"
    begun = (await ayu.pay(12, is_extension=True)).ok(201)
    assert await current() == (begun["id"], "pending")
    paid = (await ayu.confirm(begun)).ok()
    later = (await ayu.pay(5, is_extension=True)).ok(201)
    assert await current() == (paid["id"], "confirmed")  # before one that is not paid yet
    for_a_search = await ayu.pays(5)
    refused = await ayu.search(for_a_search)
    assert refused.body["code"] == "ALREADY_ACTIVE"
    assert refused.body["payment_session_id"] == for_a_search["id"]
    (await ayu.give_up(for_a_search)).ok()
    assert await current() == (paid["id"], "confirmed")
    asked = (await ayu.ask_more(talk.session, paid)).ok(201)
    assert await current() == (paid["id"], "confirmed")
    (await budi.respond(asked, accepted=True)).ok()
    assert await current() == (later["id"], "pending")
    (await ayu.back_out(later)).ok()
    assert await current() == first
    await talk.ends()


# ---------------------------------------------------------------------- asked and answered


async def test_accepted(house: House) -> None:
    """Asked on one instance, answered on the other: charged once, longer by what was paid, both are told."""
    talk = await talking(house)
    ayu, budi = talk.ayu, talk.budi
    payment = await ayu.pays_more(12)
    assert (payment["is_extension"], payment["amount"]) == (True, PRICE)
    asked = (await ayu.ask_more(talk.session, payment, duration_minutes=12, price=PRICE)).ok(201)
    assert (asked["status"], asked["duration_minutes"], asked["price"]) == ("pending", 12, PRICE)
    assert seconds(asked["deadline_at"], asked["requested_at"]) == asked["timeout_seconds"] == 5

    frame = await talk.budis.until("extension_request", extension_id=asked["id"])
    assert set(frame) == set(REQUEST.split())
    assert (frame["session_id"], frame["price"]) == (talk.session["id"], PRICE)
    assert (frame["deadline_at"], frame["default_action"]) == (asked["deadline_at"], "auto_approve")
    assert frame["extension"]["customer"] == {"id": ayu.id, "display_name": "Ayu"}
    paused = await talk.ayus.until("session_paused")
    assert (paused["reason"], paused["session"]["status"]) == ("extension_pending", "extending")

    done = (await budi.respond(asked, accepted=True)).ok()
    assert (done["status"], done["via_timeout"], done["cause_tag"]) == ("accepted", False, None)
    told = await talk.answered(asked, accepted=True, via_timeout=False)
    chat = await talk.resumed()
    assert told["expires_at"] == chat["expires_at"]
    assert seconds(chat["expires_at"], done["responded_at"]) == pytest.approx(
        paused["session"]["seconds_left"] + 12 * 60, abs=1
    )
    await talk.charged(asked)
    assert (await budi.via(house.first).respond(asked, accepted=True)).ok() == done
    (await budi.respond(asked, accepted=False)).refused("EXTENSION_RESOLVED")
    (await ayu.ask_more(talk.session, payment)).refused("INVALID_STATE")
    await talk.ends()
    history = await house.moves(talk.session["id"])
    assert history[1:] == ["request_extension > extending", "extension_accepted > active", "end > ended"]


async def test_asked_early_and_refused(house: House) -> None:
    """The chat goes on with the paid time that was left; the money waits for an operator."""
    talk = await talking(house)
    before = (await talk.ayu.active())["session"]["seconds_left"]
    asked = await talk.ayu.asks_more(talk.session)
    frozen = (await talk.ayus.until("session_paused"))["session"]["seconds_left"]
    assert before - 2 <= frozen <= before
    await talk.budis.until("extension_request")
    done = (await talk.budi.respond(asked, accepted=False)).ok()
    assert (done["status"], done["cause_tag"]) == ("rejected", "extension_rejected")
    await talk.answered(asked, accepted=False, via_timeout=False)
    chat = await talk.resumed()
    assert seconds(chat["expires_at"], done["responded_at"]) == pytest.approx(frozen, abs=1)
    assert not talk.ayus.count("session_closing")
    await talk.owed(asked, "extension_rejected")
    assert (await talk.budi.respond(asked, accepted=False)).ok() == done
    resolved = (await talk.budi.respond(asked, accepted=True)).refused("EXTENSION_RESOLVED")
    assert resolved["reason"] == "extension_rejected"
    await talk.ends()


async def test_a_cold_start_finds_it(house: House) -> None:
    """Whoever comes back meanwhile sees what waits: in the snapshot, in what is current, in the list."""
    talk = await talking(house)
    payment = await talk.ayu.pays_more()
    asked = (await talk.ayu.ask_more(talk.session, payment)).ok(201)
    assert (await talk.ayu.ask_more(talk.session, payment)).ok(201)["id"] == asked["id"]
    (await talk.ayu.ask_more(talk.session, await talk.ayu.pays_more(5))).refused("EXTENSION_PENDING")
    active = await talk.ayu.via(house.instances[1]).active()
    assert (active["extension"]["id"], active["session"]["status"]) == (asked["id"], "extending")
    (row,) = await talk.budi.via(house.first).extensions()
    assert (row["id"], row["status"], row["customer"]["display_name"]) == (asked["id"], "pending", "Ayu")
    again = await talk.budi.connects()
    snapshot = next(frame for frame in again.frames if frame["type"] == "snapshot")
    assert [one["id"] for one in snapshot["extensions"]] == [asked["id"]]
    (await talk.budi.respond(asked, accepted=True)).ok()
    assert await talk.budi.extensions() == []
    assert (await talk.ayu.active())["extension"] is None
    await talk.ends()


async def test_whose_it_is(house: House) -> None:
    """Strangers, other mitras, wrong payments and wrong words get nothing, and nothing changes."""
    talk, other = await talking(house), await talking(house)
    payment, foreign = await talk.ayu.pays_more(), await other.ayu.pays_more()
    (await other.ayu.ask_more(talk.session, foreign)).refused("FORBIDDEN", 403)
    (await talk.ayu.ask_more(talk.session, foreign)).refused("FORBIDDEN", 403)
    (await talk.ayu.ask_more({"id": payment["id"]}, payment)).refused("NOT_FOUND", 404)
    (await talk.ayu.ask_more(talk.session, talk.session)).refused("NOT_FOUND", 404)
    path = f"/api/client/chat/sessions/{talk.session['id']}/extensions"
    missing = (await talk.ayu.ask("POST", path, {})).refused("VALIDATION_ERROR", 422)
    assert missing["errors"][0]["path"] == "$.extension_payment_session_id"
    (await talk.ayu.ask("POST", path)).refused("VALIDATION_ERROR", 422)
    (await talk.ayu.ask_more(talk.session, payment, price=1)).refused("VALIDATION_ERROR", 422)
    (await talk.ayu.ask_more(talk.session, payment, duration_minutes=60)).refused("VALIDATION_ERROR", 422)
    ordinary = await talk.ayu.pays(12)
    (await talk.ayu.ask_more(talk.session, ordinary)).refused("INVALID_STATE")
    unpaid = (await talk.ayu.pay(12, is_extension=True)).ok(201)
    (await talk.ayu.ask_more(talk.session, unpaid)).refused("INVALID_STATE")
    (await talk.ayu.search(payment)).refused("INVALID_STATE")  # never used for a search, chat or no chat
    both = await talk.ayu.pay(12, mitra=talk.budi, is_extension=True)
    assert both.refused("VALIDATION_ERROR", 422)["errors"][0]["path"] == "$.targeted_mitra_id"
    asked = (await talk.ayu.ask_more(talk.session, payment)).ok(201)
    (await other.budi.respond(asked, accepted=True)).refused("FORBIDDEN", 403)
    (await talk.budi.respond(talk.session, accepted=True)).refused("NOT_FOUND", 404)
    (await talk.budi.end(talk.session["id"])).refused("INVALID_STATE")
    (await talk.budi.respond(asked, accepted=True)).ok()
    assert not other.ayus.count("session_paused")
    assert not other.budis.count("extension_request")
    await talk.ends()
    await other.ends()
    (await talk.ayu.ask_more(talk.session, payment)).refused("SESSION_NOT_ACTIVE")
    (await talk.ayu.ask("POST", path, {})).refused("SESSION_NOT_ACTIVE")
    (await talk.ayu.pay(12, is_extension=True)).refused("SESSION_NOT_ACTIVE")


# ---------------------------------------------------------------------- silence


async def test_silent_and_there(house: House) -> None:
    """Under auto_approve, with a socket and a fresh heartbeat, silence is a yes."""
    talk = await talking(house)
    (await talk.budi.heartbeat()).ok()
    asked = await talk.ayu.asks_more(talk.session)
    await talk.budis.until("extension_request")
    frame = await talk.answered(asked, accepted=True, via_timeout=True)
    assert frame["extension"]["responded_at"] is None
    assert seconds(frame["at"], asked["deadline_at"]) >= 0
    chat = await talk.resumed()
    assert chat["seconds_left"] > 16 * 60
    await talk.charged(asked)
    facts = await talk.facts(asked)
    assert (facts["policy"], facts["ws_connected"], facts["online"]) == ("auto_approve", True, True)
    (await talk.budi.respond(asked, accepted=True)).ok()
    (await talk.budi.respond(asked, accepted=False)).refused("EXTENSION_RESOLVED")
    await talk.ends()


async def test_silent_with_the_socket_gone(house: House) -> None:
    """Online but without a socket is out of reach: the safeguard trips, nothing is charged."""
    talk = await talking(house)
    asked = await talk.ayu.asks_more(talk.session)
    await talk.budis.until("extension_request")
    await talk.budis.close()
    await talk.answered(asked, accepted=False, via_timeout=False, reason="safeguard")
    assert (await talk.ayus.until("session_resumed"))["session"]["status"] == "active"
    await talk.owed(asked, "extension_safeguard_tripped")
    facts = await talk.facts(asked)
    assert (facts["ws_connected"], facts["online"]) == (False, True)
    resolved = (await talk.budi.respond(asked, accepted=True)).refused("EXTENSION_RESOLVED")
    assert resolved["reason"] == "extension_safeguard_tripped"
    await talk.ends()


async def test_silent_with_the_heartbeat_stale(house: House) -> None:
    """A socket alone is no presence: whoever was not heard of is out of reach, whatever the chat says."""
    talk = await talking(house)
    asked = await talk.ayu.asks_more(talk.session)
    await talk.budis.until("extension_request")
    await house.rows(UNHEARD, talk.budi.id)
    await talk.answered(asked, accepted=False, via_timeout=False, reason="safeguard")
    assert (await talk.resumed())["status"] == "active"
    await talk.owed(asked, "extension_safeguard_tripped")
    facts = await talk.facts(asked)
    assert (facts["ws_connected"], facts["online"]) == (True, False)
    assert talk.budis.count("presence", why="stale") == 1
    await talk.ends()


async def test_silent_under_auto_reject(house: House) -> None:
    """The policy says no, however reachable the mitra is."""
    operator = await house.operator()
    await in_force(operator, extension_default_action_on_timeout="auto_reject")
    talk = await talking(house)
    asked = await talk.ayu.asks_more(talk.session)
    assert asked["default_action"] == "auto_reject"
    assert (await talk.budis.until("extension_request"))["default_action"] == "auto_reject"
    await talk.answered(asked, accepted=False, via_timeout=False, reason="timeout")
    await talk.resumed()
    await talk.owed(asked, "extension_rejected")
    assert (await talk.facts(asked))["policy"] == "auto_reject"
    await talk.ends()
    await in_force(operator, extension_default_action_on_timeout="auto_approve")


async def test_the_setting_changes_inside_the_window(house: House) -> None:
    """The window keeps its length; what silence means is read when it ends."""
    talk, operator = await talking(house), await house.operator()
    asked = await talk.ayu.asks_more(talk.session)
    assert (await talk.budis.until("extension_request"))["default_action"] == "auto_approve"
    changes = {"extension_default_action_on_timeout": "auto_reject", "extension_timeout_seconds": 120}
    await in_force(operator, **changes)
    frame = await talk.answered(asked, accepted=False, via_timeout=False, reason="timeout")
    assert 0 <= seconds(frame["at"], asked["deadline_at"]) < 1
    await talk.resumed()
    await talk.owed(asked, "extension_rejected")
    assert (await talk.facts(asked))["policy"] == "auto_reject"
    await talk.ends()
    await in_force(operator, extension_default_action_on_timeout="auto_approve", extension_timeout_seconds=5)


# ---------------------------------------------------------------------- the end, and closing


async def test_the_customer_ends_meanwhile(house: House) -> None:
    """The extension is cancelled with the chat, its money is owed back, and a late answer is told so."""
    talk = await talking(house)
    asked = await talk.ayu.asks_more(talk.session)
    await talk.budis.until("extension_request")
    ended = (await talk.ayu.end(talk.session["id"])).ok()
    assert (ended["status"], ended["end_reason"]) == ("ended", "customer_ended")
    for socket in (talk.ayus, talk.budis):
        await socket.until("session_ended", end_reason="customer_ended")
    await talk.owed(asked, "customer_cancelled")
    for accepted in (True, False):
        problem = (await talk.budi.respond(asked, accepted=accepted)).refused("EXTENSION_RESOLVED")
        assert problem["reason"] == "customer_cancelled"
    assert await house.moves(asked["id"]) == ["ask > pending", "cancel > cancelled (customer_cancelled)"]
    assert not talk.ayus.count("extension_response")


async def test_from_closing(house: House) -> None:
    """Paid time is over; accepted, the chat is active again for the new minutes and no more."""
    talk = await talking(house)
    await house.rows(RUN_OUT, talk.session["id"])
    for socket in (talk.ayus, talk.budis):
        await socket.until("session_closing")
    asked = await talk.ayu.asks_more(talk.session, 5)
    paused = await talk.ayus.until("session_paused")
    assert paused["session"]["seconds_left"] == 0
    done = (await talk.budi.respond(asked, accepted=True)).ok()
    await talk.answered(asked, accepted=True, via_timeout=False)
    chat = await talk.resumed()
    assert seconds(chat["expires_at"], done["responded_at"]) == 5 * 60
    assert chat["closing_until"] is None
    await talk.charged(asked)
    await talk.ends()


async def test_from_closing_and_refused(house: House) -> None:
    """Nothing was left: it closes again, both are told until when, and goodbyes have their whole grace."""
    talk = await talking(house)
    await house.rows(RUN_OUT, talk.session["id"])
    for socket in (talk.ayus, talk.budis):
        await socket.until("session_closing")
    asked = await talk.ayu.asks_more(talk.session, 5)
    done = (await talk.budi.respond(asked, accepted=False)).ok()
    await talk.answered(asked, accepted=False, via_timeout=False)
    for socket in (talk.ayus, talk.budis):
        frame = await socket.until("session_closing")
        assert seconds(frame["closing_until"], done["responded_at"]) == 60
    await talk.owed(asked, "extension_rejected")
    assert not talk.ayus.count("session_resumed")
    await talk.ends()
