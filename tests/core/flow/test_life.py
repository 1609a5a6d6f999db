"""A life of rules: Hypothesis plays a customer, three mitras, a gateway, operators and a clock."""

from typing import Any
from uuid import UUID

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from halobestie_core import Moved, chat, extension, pairing, payment, presence, replay
from halobestie_core.chat import SessionStatus
from halobestie_core.flow.effects import AskGateway
from halobestie_core.testing import (
    STAGES,
    TIERS,
    Act,
    Waiting,
    World,
    broken,
    deliver,
    run_clock,
    waiting,
    wake,
    worlds,
)
from halobestie_core.words import OperatorAction, Party, TimeoutPolicy

LISTENERS = st.integers(0, 2)
MINUTES = st.sampled_from([tier.minutes for tier in TIERS])


class Life(RuleBasedStateMachine):
    """Every wish at every moment; after each of them every invariant."""

    world: World
    seen: int = 0
    checked: int = 0

    @initialize(world=worlds(3), stage=st.sampled_from([None, *STAGES]))
    def begin(self, world: World, stage: str | None) -> None:
        """Begin somewhere in the evening."""
        self.world = world
        if stage is not None:
            STAGES[stage](world)

    def mitra(self, number: int) -> UUID:
        """Return the id of one of the three."""
        return list(self.world.mitras)[number]

    # -- money

    @rule(minutes=MINUTES)
    def create(self, minutes: int) -> None:
        """A payment is begun."""
        self.world.create(minutes)

    @rule(minutes=MINUTES, mitra=LISTENERS)
    def create_for_a_target(self, minutes: int, mitra: int) -> None:
        """A payment is begun for somebody in particular."""
        self.world.create(minutes, target=self.mitra(mitra))

    @rule(minutes=MINUTES)
    def create_for_an_extension(self, minutes: int) -> None:
        """A payment is begun to prolong the chat."""
        self.world.create(minutes, for_extension=True)

    @precondition(lambda self: self.world.payments)
    @rule(data=st.data(), invoice=st.sampled_from([None, "second"]))
    def capture(self, data: st.DataObject, invoice: str | None) -> None:
        """Money is taken: in time, late, once more for the same invoice, or for a second one."""
        paid = data.draw(st.sampled_from(list(self.world.payments)))
        self.world.pay(paid, invoice_id=None if invoice is None else f"{invoice} of {paid}")

    @precondition(lambda self: self.world.payments)
    @rule(data=st.data(), amount=st.sampled_from([1, 10_000_000]), currency=st.sampled_from(["IDR", "USD"]))
    def capture_a_mismatch(self, data: st.DataObject, amount: int, currency: str) -> None:
        """Money is taken that does not match."""
        paid = data.draw(st.sampled_from(list(self.world.payments)))
        self.world.pay(paid, invoice_id=f"{amount} {currency} of {paid}", amount=amount, currency=currency)

    @precondition(lambda self: self.world.payments)
    @rule(
        data=st.data(),
        verb=st.sampled_from(["confirm", "abandon", "cancel", "fall_back", "search", "search_again"]),
    )
    def ask_of_a_payment(self, data: st.DataObject, verb: str) -> None:
        """The customer wants something of any of their payments, old ones too."""
        Act(verb, {"payment_id": data.draw(st.sampled_from(list(self.world.payments)))})(self.world)

    @precondition(lambda self: self.world.books.failures)
    @rule(data=st.data(), action=st.sampled_from(OperatorAction))
    def operator_acts(self, data: st.DataObject, action: OperatorAction) -> None:
        """An operator deals with any failure row, superseded ones too."""
        row = data.draw(st.sampled_from(self.world.books.failures))
        self.world.act(action, failure_id=row.id)

    @rule(invoice=st.sampled_from(["nobody's", "also nobody's"]))
    def capture_for_nobody(self, invoice: str) -> None:
        """Money is taken that is for none of our payments."""
        self.world.pay_nobody(invoice)

    # -- pairing

    @rule()
    def search(self) -> None:
        """The open payment goes into a blast."""
        if self.world.payment is not None:
            self.world.search()

    @rule()
    def search_again(self) -> None:
        """The open payment goes to its target."""
        if self.world.payment is not None:
            self.world.search_again()

    @rule()
    def fall_back(self) -> None:
        """The failed money goes into a blast."""
        if self.world.payment is not None:
            before = (len(self.world.payments), self._invoices())
            self.world.fall_back()
            assert before == (len(self.world.payments), self._invoices()), "M13: a fallback begins no payment"

    def _invoices(self) -> int:
        return sum(isinstance(effect, AskGateway) for effect in self.world.effects)

    @precondition(lambda self: self.world.requests)
    @rule(mitra=LISTENERS)
    def accept(self, mitra: int) -> None:
        """A mitra takes the request."""
        self.world.accept(self.mitra(mitra))

    @precondition(lambda self: self.world.requests)
    @rule(mitra=LISTENERS)
    def decline(self, mitra: int) -> None:
        """A mitra says no."""
        self.world.decline(self.mitra(mitra))

    @precondition(lambda self: self.world.requests)
    @rule(mitra=LISTENERS, verb=st.sampled_from(["offer_one", "withdraw", "target_unavailable"]))
    def ask_about_a_mitra(self, mitra: int, verb: str) -> None:
        """A *later* command comes, twice or for nothing."""
        Act(verb, {"mitra_id": self.mitra(mitra)})(self.world)

    # -- presence

    @rule(
        mitra=LISTENERS,
        command=st.sampled_from([presence.GoOnline, presence.GoOffline, presence.Block, presence.Unblock]),
    )
    def switch(self, mitra: int, command: type) -> None:
        """A mitra comes, goes, is shut out or let in."""
        self.world.of_mitra(self.mitra(mitra), command())

    @rule(mitra=LISTENERS, verb=st.sampled_from(["heartbeat", "sweep", "drop_socket"]))
    def be_heard_or_not(self, mitra: int, verb: str) -> None:
        """A mitra is heard of, swept, or loses the socket."""
        Act(verb, {"mitra_id": self.mitra(mitra)})(self.world)

    @rule(mitra=LISTENERS, chats=st.integers(0, 3))
    def keep_busy(self, mitra: int, chats: int) -> None:
        """A mitra talks to other customers too."""
        self.world.busy[self.mitra(mitra)] = chats

    @precondition(lambda self: self.world.later)
    @rule()
    def deliver(self) -> None:
        """The oldest *later* command is carried out."""
        deliver(self.world)

    # -- chats

    @rule()
    def ask_extension(self) -> None:
        """The customer asks to go on."""
        if self.world.extension_payment is not None:
            self.world.ask_extension()

    @precondition(lambda self: self.world.extensions)
    @rule(accepted=st.booleans())
    def answer(self, accepted: bool) -> None:
        """The mitra answers."""
        self.world.answer(accepted=accepted)

    @precondition(lambda self: self.world.chats)
    @rule(by=st.sampled_from(Party))
    def end(self, by: Party) -> None:
        """Somebody ends the chat, or tries to."""
        self.world.end(by)

    # -- settings and time

    @rule(policy=st.sampled_from(TimeoutPolicy), cap=st.sampled_from([1, 3]))
    def change_settings(self, policy: TimeoutPolicy, cap: int) -> None:
        """The operators change their minds inside a window."""
        self.world.settings = evolve(
            self.world.settings, extension_default_action_on_timeout=policy, max_customers_per_mitra=cap
        )

    @rule(seconds=st.sampled_from([1, 7, 40, 90]))
    def pass_time(self, seconds: int) -> None:
        """Time passes and no clock looks."""
        Act("pass_time", {"seconds": seconds})(self.world)

    @rule(data=st.data(), woken=st.booleans())
    def pass_a_deadline(self, data: st.DataObject, woken: bool) -> None:
        """Time passes a deadline, any of them; the clock looks at that one first, or at none."""
        items = waiting(self.world)
        if items:
            item = data.draw(st.sampled_from(items))
            self.world.now = max(self.world.now, item.wake_at)
            if woken:
                self._must_move(item)

    @rule()
    def catch_up(self) -> None:
        """The clock looks at whatever is due."""
        run_clock(self.world)

    def _must_move(self, item: Waiting) -> None:
        moved = wake(self.world, item)
        assert isinstance(moved, Moved), f"{item} was due and did not move"
        assert moved.told is None, "nobody asked, so nobody is told"

    # -- what always holds

    @invariant()
    def nothing_is_broken(self) -> None:
        """M, P, C, H, X and T hold."""
        assert broken(self.world) == ()

    @invariant()
    def moves_are_the_tables_own(self) -> None:
        """M1: the last decision replays to the same evening, and versions only grow."""
        verdict = self.world.verdict
        if isinstance(verdict, Moved):
            assert replay(verdict.moves, verdict.before) == verdict.after
            for move in verdict.moves:
                step = 0 if isinstance(move.command, presence.Heartbeat) else 1
                assert move.after.version == (1 if move.before is None else move.before.version + step)

    @invariant()
    def every_move_was_allowed(self) -> None:
        """C1, P3, P5, X3, X4: what the facts recorded with a move say."""
        for move in self.world.moves[self.seen :]:
            _judge(move)
        self.seen = len(self.world.moves)

    def teardown(self) -> None:
        """Whatever waits moves on by itself until nothing waits: no evening is stuck."""
        for _ in range(60):
            items = waiting(self.world)
            if not items:
                break
            self.world.now = max(self.world.now, items[0].wake_at)
            self._must_move(items[0])
            self.nothing_is_broken()
        assert waiting(self.world) == ()
        assert self.world.evening().live_chat is None


def _judge(move: Any) -> None:  # noqa: ANN401 - a move of any machine
    """Hold one move against the facts it was decided on."""
    match move.command:
        case pairing.Accept() as accept if move.after.winner_mitra_id is not None:
            assert accept.live_chats < accept.cap
            assert accept.online
            assert move.at < move.before.deadline_at
        case extension.Silence() as facts if move.after.status == "accepted" and move.after.via_timeout:
            assert (facts.policy, facts.ws_connected, facts.online) == (
                TimeoutPolicy.AUTO_APPROVE,
                True,
                True,
            )
        case chat.ExtensionAccepted(minutes=minutes):
            assert move.before.status is SessionStatus.EXTENDING
            gained = (move.after.expires_at - move.at - move.before.remaining).total_seconds()
            assert gained == minutes * 60
        case payment.Hold() if move.told is None:
            assert move.at < move.before.expires_at
        case _:
            pass


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
