"""People on a real PostgreSQL: coming in, codes, log-ins and their end, operators."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import argon2
import pytest
from attrs import evolve
from psycopg.sql import SQL

from halobestie_app.problems import Code
from halobestie_app.usecases.identity import AccountRefused
from halobestie_app.usecases.identity_rules import DEFAULT_NAME
from halobestie_core.ports.identity import Operator, OtpNotSent
from halobestie_core.words import UserType
from support.identity import Kit, kit, person, refused

pytestmark = pytest.mark.anyio

PHONE, OTHER_PHONE = "+6281234567890", "+6281234567891"
EMAIL, PASSWORD = "ani@example.com", "correct horse battery"
CUSTOMER, MITRA = UserType.CUSTOMER, UserType.MITRA

AGE_CODES: Final = SQL(
    "UPDATE otp_challenges SET code_expires_at = code_expires_at - %s::interval,"
    " failed_at = failed_at - %s::interval,"
    " sends = ARRAY(SELECT s - %s::interval FROM unnest(sends) s)"
)
AGE_SESSIONS: Final = SQL("UPDATE auth_sessions SET rotated_at = rotated_at - %s::interval")


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[Kit]:
    """The use cases on a fresh database."""
    async with kit(database_url) as made:
        yield made


async def coded(people: Kit, user_type: UserType, phone: str = PHONE) -> str:
    """Have a code sent, and read it."""
    await people.identity.request_code(user_type, phone)
    return people.codes(phone)[-1]


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def age_codes(people: Kit, span: str) -> None:
    """Let codes, failures and messages be older."""
    await people.sql(AGE_CODES, span, span, span)


# -------------------------------------------------------------------------------------------- coming in


async def test_anybody_may_come_in(people: Kit) -> None:
    """Without a name they get ours; the tokens are theirs."""
    logged_in = await people.identity.sign_up()
    who = person(logged_in)
    assert (who.display_name, who.is_anonymous, who.user_type) == (DEFAULT_NAME, True, CUSTOMER)
    claims = people.identity.log_ins.tokens.read(logged_in.access_token)
    assert (claims.user_id, claims.user_type) == (who.id, CUSTOMER)
    assert logged_in.expires_in == 3600
    assert await people.identity.me(CUSTOMER, who.id) == who


async def test_a_name_may_be_given_and_changed(people: Kit) -> None:
    """Trimmed; an unfit one changes nothing."""
    who = person(await people.identity.sign_up("  Ani "))
    assert who.display_name == "Ani"
    assert (await people.identity.rename(CUSTOMER, who.id, "Budi")).display_name == "Budi"
    problem = await refused(people.identity.rename(CUSTOMER, who.id, "\n"))
    assert (problem.code, problem.members["errors"]) == (
        Code.VALIDATION_ERROR,
        [{"path": "$.display_name", "message": "must be 1 to 40 visible characters long, on one line"}],
    )
    assert (await people.identity.me(CUSTOMER, who.id)).display_name == "Budi"
    assert (await refused(people.identity.sign_up("\u200b"))).code is Code.VALIDATION_ERROR


async def test_somebody_who_is_gone_is_not_authenticated(people: Kit) -> None:
    """A token outlives its person by an hour at most, and finds nobody."""
    assert (await refused(people.identity.me(CUSTOMER, UUID(int=1)))).code is Code.UNAUTHENTICATED
    assert (await refused(people.identity.rename(MITRA, UUID(int=1), "x"))).code is Code.UNAUTHENTICATED


# -------------------------------------------------------------------------------------------- codes


async def test_a_new_phone_makes_a_customer(people: Kit) -> None:
    """And the same phone is the same customer the next time."""
    first = person(await people.identity.verify_customer(PHONE, await coded(people, CUSTOMER)))
    assert (first.is_anonymous, first.phone_verified) == (False, True)
    again = person(await people.identity.verify_customer("+62 812-3456-7890", await coded(people, CUSTOMER)))
    assert again == first


async def test_an_anonymous_customer_keeps_id_and_name(people: Kit) -> None:
    """Proving a phone makes of them somebody who can come back."""
    before = person(await people.identity.sign_up("Ani"))
    code = await coded(people, CUSTOMER)
    after = person(await people.identity.verify_customer(PHONE, code, before.id))
    assert after == evolve(before, phone_verified=True) == await people.identity.me(CUSTOMER, before.id)


async def test_a_phone_with_an_account_logs_into_that(people: Kit) -> None:
    """Whoever asks; the anonymous caller stays as they were."""
    owner = person(await people.identity.verify_customer(PHONE, await coded(people, CUSTOMER)))
    stranger = person(await people.identity.sign_up())
    code = await coded(people, CUSTOMER)
    assert person(await people.identity.verify_customer(PHONE, code, stranger.id)) == owner
    assert (await people.identity.me(CUSTOMER, stranger.id)).is_anonymous


async def test_who_has_a_phone_does_not_get_another_by_a_code(people: Kit) -> None:
    """A second phone is a second customer."""
    first = person(await people.identity.verify_customer(PHONE, await coded(people, CUSTOMER)))
    code = await coded(people, CUSTOMER, OTHER_PHONE)
    second = person(await people.identity.verify_customer(OTHER_PHONE, code, first.id))
    assert second.id != first.id


async def test_a_mitra_comes_in_with_a_code(people: Kit) -> None:
    """One who was registered."""
    mitra = await people.identity.add_mitra(PHONE, "Sari")
    logged_in = await people.identity.verify_mitra(PHONE, await coded(people, MITRA))
    assert logged_in.who == mitra
    assert people.identity.log_ins.tokens.read(logged_in.access_token).user_type is MITRA
    assert (await people.identity.rename(MITRA, mitra.id, "Sari B")).display_name == "Sari B"


async def test_an_unregistered_mitra_hears_so_only_after_a_right_code(people: Kit) -> None:
    """Before it, a known and an unknown phone look alike; the code is used up."""
    await people.identity.add_mitra(OTHER_PHONE, "Sari")
    unknown = await people.identity.request_code(MITRA, PHONE)
    assert unknown == await people.identity.request_code(MITRA, OTHER_PHONE)
    code = people.codes(PHONE)[-1]
    assert (await refused(people.identity.verify_mitra(PHONE, wrong(code)))).code is Code.OTP_INVALID
    assert (await refused(people.identity.verify_mitra(PHONE, code))).code is Code.MITRA_NOT_REGISTERED
    assert (await refused(people.identity.verify_mitra(PHONE, code))).code is Code.OTP_INVALID


@pytest.mark.unsound("blocks by hand", "m1_rows_agree_with_their_moves")
async def test_a_blocked_mitra_gets_no_tokens(people: Kit) -> None:
    """Neither with a code nor with an older refresh token; unblocked, the latter works again."""
    mitra = await people.identity.add_mitra(PHONE, "Sari")
    token = (await people.identity.verify_mitra(PHONE, await coded(people, MITRA))).refresh_token
    await people.sql(
        SQL("UPDATE mitras SET blocked_at = now(), version = version + 1 WHERE id = %s"), mitra.id
    )
    code = await coded(people, MITRA)
    assert (await refused(people.identity.verify_mitra(PHONE, code))).code is Code.FORBIDDEN
    assert (await refused(people.identity.log_ins.renew(token))).code is Code.FORBIDDEN
    await people.sql(
        SQL("UPDATE mitras SET blocked_at = NULL, version = version + 1 WHERE id = %s"), mitra.id
    )
    assert (await people.identity.log_ins.renew(token)).who == mitra


async def test_a_code_is_for_one_app(people: Kit) -> None:
    """The customer's code opens nothing for a mitra, and remains good."""
    await people.identity.add_mitra(PHONE, "Sari")
    code = await coded(people, CUSTOMER)
    assert (await refused(people.identity.verify_mitra(PHONE, code))).code is Code.OTP_INVALID
    assert person(await people.identity.verify_customer(PHONE, code)).user_type is CUSTOMER


async def test_a_code_lives_five_minutes(people: Kit) -> None:
    """By the database's clock."""
    code = await coded(people, CUSTOMER)
    await age_codes(people, "5 minutes")
    assert (await refused(people.identity.verify_customer(PHONE, code))).code is Code.OTP_INVALID


async def test_only_the_latest_code_works(people: Kit) -> None:
    """An earlier message that comes late is of no use."""
    early = late = await coded(people, CUSTOMER)
    while late == early:  # once in a million
        late = await coded(people, CUSTOMER)
    assert (await refused(people.identity.verify_customer(PHONE, early))).code is Code.OTP_INVALID
    assert person(await people.identity.verify_customer(PHONE, late)).phone_verified


async def test_failures_survive_a_resend(people: Kit) -> None:
    """Five wrong guesses, over two codes, lock; a third code does not help; ten minutes later one does."""
    code = await coded(people, CUSTOMER)
    for _ in range(3):
        assert (await refused(people.identity.verify_customer(PHONE, wrong(code)))).code is Code.OTP_INVALID
    code = await coded(people, CUSTOMER)
    for _ in range(2):
        assert (await refused(people.identity.verify_customer(PHONE, wrong(code)))).code is Code.OTP_INVALID
    for right in (code, await coded(people, CUSTOMER)):
        problem = await refused(people.identity.verify_customer(PHONE, right))
        assert problem.code is Code.OTP_LOCKED
        assert 590 <= int(problem.headers["Retry-After"]) <= 600
    await age_codes(people, "10 minutes")
    logged_in = await people.identity.verify_customer(PHONE, await coded(people, CUSTOMER))
    assert person(logged_in).phone_verified


async def test_three_codes_in_ten_minutes_and_ten_a_day(people: Kit) -> None:
    """Over both apps; the refusal says how long to wait, and nothing is sent."""
    first = await people.identity.request_code(CUSTOMER, PHONE)
    assert (first.expires_in, first.resend_after) == (300, 30)
    await people.identity.request_code(MITRA, PHONE)
    third = await people.identity.request_code(CUSTOMER, PHONE)
    assert 590 <= third.resend_after <= 600
    problem = await refused(people.identity.request_code(MITRA, PHONE))
    assert problem.code is Code.RATE_LIMITED
    assert 590 <= int(problem.headers["Retry-After"]) <= 600
    assert len(people.codes(PHONE)) == 3
    for _ in range(7):
        await age_codes(people, "11 minutes")
        await people.identity.request_code(MITRA, PHONE)
    await age_codes(people, "11 minutes")
    problem = await refused(people.identity.request_code(MITRA, PHONE))
    assert 22 * 3600 < int(problem.headers["Retry-After"]) < 24 * 3600
    await people.identity.request_code(MITRA, OTHER_PHONE)


async def test_codes_and_tokens_are_kept_only_as_hashes(people: Kit) -> None:
    """Who reads the tables can log in as nobody."""
    code = await coded(people, CUSTOMER)
    rows = await people.sql(SQL("SELECT to_jsonb(c) - 'phone' FROM otp_challenges c"))
    assert code not in str(rows)
    logged_in = await people.identity.verify_customer(PHONE, code)
    rows = await people.sql(SQL("SELECT to_jsonb(s)::text FROM auth_sessions s"))
    assert len(rows) == 1
    assert logged_in.refresh_token not in str(rows)


@pytest.mark.parametrize("phone", ["0812345", "+14155552671", "+62211234567", ""])
async def test_an_unfit_phone_is_said_to_be_so(people: Kit, phone: str) -> None:
    """422 with the path, and nothing is written."""
    for call in (
        people.identity.request_code(CUSTOMER, phone),
        people.identity.verify_customer(phone, "123456"),
        people.identity.verify_mitra(phone, "123456"),
    ):
        problem = await refused(call)
        assert problem.code is Code.VALIDATION_ERROR
        assert "'path': '$.phone'" in str(problem.members["errors"])
    assert await people.sql(SQL("SELECT count(*) FROM otp_challenges")) == [(0,)]


async def test_without_a_provider_nothing_is_sent(people: Kit) -> None:
    """503, and the phone's budget is untouched."""
    identity = evolve(people.identity, sender=None)
    assert (await refused(identity.request_code(CUSTOMER, PHONE))).code is Code.PROVIDER_NOT_CONFIGURED
    assert await people.sql(SQL("SELECT count(*) FROM otp_challenges")) == [(0,)]


class DeadProvider:
    """A provider that never takes a message."""

    async def send(self, phone: str, code: str) -> None:
        """Refuse."""
        raise OtpNotSent("it is down")


async def test_a_dead_provider_is_unavailable(people: Kit) -> None:
    """503 with a time to wait; the message may have gone out, so it counts."""
    identity = evolve(people.identity, sender=DeadProvider())
    problem = await refused(identity.request_code(CUSTOMER, PHONE))
    assert (problem.code, problem.headers["Retry-After"]) == (Code.UNAVAILABLE, "30")
    assert await people.sql(SQL("SELECT sum(cardinality(sends)) FROM otp_challenges")) == [(1,)]


# -------------------------------------------------------------------------------------------- log-ins


async def test_a_refresh_token_is_used_once(people: Kit) -> None:
    """Its successor works; the token itself gets the same successor again within the grace only."""
    renew = people.identity.log_ins.renew
    first = await people.identity.sign_up()
    second = await renew(first.refresh_token)
    assert second.who == first.who
    read = people.identity.log_ins.tokens.read
    assert read(second.access_token).session_id == read(first.access_token).session_id
    assert (await renew(first.refresh_token)).refresh_token == second.refresh_token
    assert (await renew(second.refresh_token)).refresh_token != second.refresh_token


async def test_a_lost_answer_is_asked_for_again(people: Kit) -> None:
    """Who never saw the successor gets it, and goes on with it."""
    renew = people.identity.log_ins.renew
    token = (await people.identity.sign_up()).refresh_token
    await renew(token)
    await people.sql(AGE_SESSIONS, "29 seconds")
    again = await renew(token)
    assert (await renew(again.refresh_token)).who == again.who


async def test_a_replayed_parent_ends_the_family(people: Kit) -> None:
    """After the grace, both the thief and the robbed are logged out, whoever came second."""
    renew = people.identity.log_ins.renew
    token = (await people.identity.sign_up()).refresh_token
    successor = (await renew(token)).refresh_token
    await people.sql(AGE_SESSIONS, "31 seconds")
    assert (await refused(renew(token))).code is Code.UNAUTHENTICATED
    assert (await refused(renew(successor))).code is Code.UNAUTHENTICATED
    assert await people.sql(SQL("SELECT revoked_reason FROM auth_sessions")) == [("reuse",)]


async def test_a_replayed_grandparent_ends_the_family_at_once(people: Kit) -> None:
    """There is no grace for it; other log-ins of the same person go on."""
    renew = people.identity.log_ins.renew
    await people.identity.request_code(CUSTOMER, PHONE)
    grandparent = (await people.identity.verify_customer(PHONE, people.codes(PHONE)[-1])).refresh_token
    elsewhere = (await people.identity.verify_customer(PHONE, await coded(people, CUSTOMER))).refresh_token
    parent = (await renew(grandparent)).refresh_token
    child = (await renew(parent)).refresh_token
    assert (await refused(renew(grandparent))).code is Code.UNAUTHENTICATED
    assert (await refused(renew(child))).code is Code.UNAUTHENTICATED
    assert (await renew(elsewhere)).refresh_token != elsewhere


async def test_a_made_up_token_harms_nobody(people: Kit) -> None:
    """Knowing a log-in's id is not enough to end it."""
    logged_in = await people.identity.sign_up()
    session_id = people.identity.log_ins.tokens.read(logged_in.access_token).session_id
    forged = people.operators.log_ins.refresh.first(session_id)
    assert (await refused(people.identity.log_ins.renew(forged))).code is Code.UNAUTHENTICATED
    assert (await refused(people.identity.log_ins.renew("x"))).code is Code.UNAUTHENTICATED
    await people.identity.log_ins.end_by_token(forged)
    assert (await people.identity.log_ins.renew(logged_in.refresh_token)).who == logged_in.who


async def test_a_log_in_ends_when_idle_and_at_last(people: Kit) -> None:
    """Thirty days without use; a hundred and eighty with."""
    renew = people.identity.log_ins.renew
    idle, used = await people.identity.sign_up(), await people.identity.sign_up()
    age = SQL(
        "UPDATE auth_sessions SET expires_at = expires_at - %s::interval,"
        " absolute_expires_at = absolute_expires_at - %s::interval"
    )
    token = used.refresh_token
    for _ in range(8):
        await people.sql(age, "20 days", "20 days")
        token = (await renew(token)).refresh_token
    assert (await refused(renew(idle.refresh_token))).code is Code.UNAUTHENTICATED
    await people.sql(age, "20 days", "20 days")
    assert (await refused(renew(token))).code is Code.UNAUTHENTICATED
    assert await people.sql(SQL("SELECT count(*) FROM auth_sessions WHERE revoked_at IS NOT NULL")) == [(0,)]


async def test_who_logs_out_is_out(people: Kit) -> None:
    """Of this log-in; once more does nothing."""
    logged_in = await people.identity.sign_up()
    session_id = people.identity.log_ins.tokens.read(logged_in.access_token).session_id
    for _ in range(2):
        await people.identity.log_ins.end(session_id)
    problem = await refused(people.identity.log_ins.renew(logged_in.refresh_token))
    assert problem.code is Code.UNAUTHENTICATED
    assert await people.sql(SQL("SELECT revoked_reason FROM auth_sessions")) == [("logout",)]


# -------------------------------------------------------------------------------------------- operators


async def test_an_operator_logs_in(people: Kit) -> None:
    """With the address in any case, on the internal listener only."""
    operator = await people.operators.create_operator(EMAIL, PASSWORD)
    logged_in = await people.operators.log_in(" Ani@EXAMPLE.com", PASSWORD)
    assert logged_in.who == operator
    assert people.operators.log_ins.tokens.read(logged_in.access_token).user_type is UserType.OPERATOR
    renewed = await people.operators.log_ins.renew(logged_in.refresh_token)
    assert isinstance(renewed.who, Operator)
    assert (await refused(people.identity.log_ins.renew(renewed.refresh_token))).code is Code.UNAUTHENTICATED
    await people.operators.log_ins.end_by_token(logged_in.refresh_token)
    assert (await refused(people.operators.log_ins.renew(renewed.refresh_token))).code is Code.UNAUTHENTICATED


async def test_a_wrong_password_and_an_unknown_address_look_alike(people: Kit) -> None:
    """The same code, the same sentence, the same delay in the end."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    for email in (EMAIL, "nobody@example.com"):
        for _ in range(5):
            problem = await refused(people.operators.log_in(email, "wrong horse battery"))
            assert (problem.code, problem.detail) == (Code.UNAUTHENTICATED, "E-mail or password are wrong.")
        problem = await refused(people.operators.log_in(email, PASSWORD))
        assert (problem.code, problem.headers["Retry-After"]) == (Code.RATE_LIMITED, "30")
    rows = await people.sql(SQL("SELECT to_jsonb(a)::text FROM login_attempts a"))
    assert len(rows) == 2
    assert "example" not in str(rows)


async def test_a_success_forgives_the_failures(people: Kit) -> None:
    """Four slips and then the password: the next slip is the first."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    for _ in range(3):
        for _ in range(4):
            await refused(people.operators.log_in(EMAIL, "wrong horse battery"))
        assert (await people.operators.log_in(EMAIL, PASSWORD)).refresh_token


@pytest.mark.unsound("disables by hand", "a1_nobody_shut_out_is_logged_in", "a4_operators_are_their_history")
async def test_a_disabled_operator_is_nobody(people: Kit) -> None:
    """With the right password the answer is that of a wrong one; a refresh token is refused."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    token = (await people.operators.log_in(EMAIL, PASSWORD)).refresh_token
    await people.sql(SQL("UPDATE cc_users SET disabled_at = now()"))
    assert (await refused(people.operators.log_in(EMAIL, PASSWORD))).code is Code.UNAUTHENTICATED
    assert (await refused(people.operators.log_ins.renew(token))).code is Code.FORBIDDEN


async def test_an_outdated_hash_is_made_again_at_log_in(people: Kit) -> None:
    """With today's parameters; the password stays the same."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await people.sql(SQL("UPDATE cc_users SET password_hash = %s"), weak)
    for _ in range(2):
        await people.operators.log_in(EMAIL, PASSWORD)
    [(stored,)] = await people.sql(SQL("SELECT password_hash FROM cc_users"))
    assert "$m=64,t=1,p=1$" in str(stored)


@pytest.mark.parametrize(
    "email, password, sentence",
    [
        ("ani", PASSWORD, "this is not an e-mail address"),
        (EMAIL, "short", "a password has 12 to 1000 characters"),
        (EMAIL, "x" * 1001, "a password has 12 to 1000 characters"),
        (EMAIL.upper(), PASSWORD, "an operator with this e-mail address is there already"),
    ],
)
async def test_operators_that_cannot_be_made(people: Kit, email: str, password: str, sentence: str) -> None:
    """The sentence is for the person at the command line; nothing is written."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    with pytest.raises(AccountRefused, match=sentence):
        await people.operators.create_operator(email, password)
    assert await people.sql(SQL("SELECT count(*) FROM cc_users")) == [(1,)]


@pytest.mark.parametrize(
    "phone, name, sentence",
    [
        ("0812", "Sari", "country code"),
        (OTHER_PHONE, "", "1 to 40"),
        ("+62 812 3456 7890", "Sari", "registered already"),
    ],
)
async def test_mitras_that_cannot_be_registered(people: Kit, phone: str, name: str, sentence: str) -> None:
    """As above."""
    await people.identity.add_mitra(PHONE, "Sari")
    with pytest.raises(AccountRefused, match=sentence):
        await people.identity.add_mitra(phone, name)
    assert await people.sql(SQL("SELECT count(*) FROM mitras")) == [(1,)]
