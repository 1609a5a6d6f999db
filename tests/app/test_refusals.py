"""Production does not start with anything wrong: one clear line on the command line, and no value in it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog

from support.program import Shell

JWT, INTERNAL, CHAT = "hunter2-" + "j" * 32, "hunter2-" + "i" * 32, "hunter2-" + "c" * 32
NOWHERE: Final = "127.0.0.1:1"
PRODUCTION: Final = {
    "HALOBESTIE_ENV": "production",
    "DATABASE_URL": f"postgresql://app:hunter2@{NOWHERE}/halobestie",
    "VALKEY_URL": f"redis://:hunter2@{NOWHERE}/0",
    "AUTH_JWT_SECRET": JWT,
    "AUTH_JWT_SECRET_INTERNAL": INTERNAL,
    "CHAT_ENCRYPTION_KEYS": CHAT,
    "PAYMENT_GATEWAY": "xendit",
    "XENDIT_SECRET_KEY": "xnd_hunter2 of all",
    "XENDIT_CALLBACK_TOKEN": "hunter2 of the gateway",
    "OTP_PROVIDER": "http",
    "OTP_HTTP_URL": "https://otp.example/send",
    "OTP_HTTP_TOKEN": "hunter2 of the codes",
    "PUBLIC_URL": "https://halobestie.example",
}

SHORT: Final = "hunter2"
PUBLIC: Final = "must not be a public address in production"
PLAIN: Final = "must be https in production"
MISSING: Final = "is needed in production"
WRONG: Final = [
    # pretended
    ("OTP_PROVIDER", "development", "must not be development in production"),
    ("PAYMENT_GATEWAY", "development", "must not be development in production"),
    ("PAYMENT_GATEWAY", "", "must be chosen in production: xendit"),
    # short
    ("AUTH_JWT_SECRET", SHORT, "each key must have at least 32 bytes"),
    ("AUTH_JWT_SECRET", f"{JWT},{SHORT}", "each key must have at least 32 bytes"),
    ("AUTH_JWT_SECRET_INTERNAL", SHORT, "each key must have at least 32 bytes"),
    ("CHAT_ENCRYPTION_KEYS", SHORT, "each key must have at least 32 bytes"),
    ("XENDIT_CALLBACK_TOKEN", SHORT, "must have at least 16 bytes in production"),
    ("XENDIT_CALLBACK_TOKEN", f"hunter2 of the gateway,{SHORT}", "must have at least 16 bytes in production"),
    ("OTP_HTTP_TOKEN", SHORT, "must have at least 16 bytes in production"),
    # guessed
    ("AUTH_JWT_SECRET", "k" * 64, "must have at least 8 different characters in production"),
    (
        "CHAT_ENCRYPTION_KEYS",
        f"{CHAT},{'0123456' * 5}",
        "must have at least 8 different characters in production",
    ),
    ("XENDIT_SECRET_KEY", "x" * 40, "must have at least 8 different characters in production"),
    # twice
    ("AUTH_JWT_SECRET", f"{JWT}, {JWT}", "two of the keys are the same"),
    ("AUTH_JWT_SECRET_INTERNAL", f"{INTERNAL},{INTERNAL}", "two of the keys are the same"),
    ("CHAT_ENCRYPTION_KEYS", f"{CHAT},{CHAT}", "two of the keys are the same"),
    # shared
    ("AUTH_JWT_SECRET_INTERNAL", JWT, "must not share a key with AUTH_JWT_SECRET"),
    ("AUTH_JWT_SECRET_INTERNAL", f"{INTERNAL},{JWT}", "must not share a key with AUTH_JWT_SECRET"),
    ("CHAT_ENCRYPTION_KEYS", JWT, "must not share a key with AUTH_JWT_SECRET"),
    ("CHAT_ENCRYPTION_KEYS", INTERNAL, "must not share a key with AUTH_JWT_SECRET_INTERNAL"),
    ("XENDIT_CALLBACK_TOKEN", JWT, "must not share a key with AUTH_JWT_SECRET"),
    ("XENDIT_SECRET_KEY", CHAT, "must not share a key with CHAT_ENCRYPTION_KEYS"),
    ("OTP_HTTP_TOKEN", INTERNAL, "must not share a key with AUTH_JWT_SECRET_INTERNAL"),
    ("XENDIT_CALLBACK_TOKEN", "xnd_hunter2 of all", "must not share a key with XENDIT_SECRET_KEY"),
    ("OTP_HTTP_TOKEN", "xnd_hunter2 of all", "must not share a key with XENDIT_SECRET_KEY"),
    ("OTP_HTTP_TOKEN", "hunter2 of the gateway", "must not share a key with XENDIT_CALLBACK_TOKEN"),
    # missing
    ("AUTH_JWT_SECRET", "", MISSING),
    ("AUTH_JWT_SECRET_INTERNAL", "", MISSING),
    ("CHAT_ENCRYPTION_KEYS", "", MISSING),
    ("XENDIT_SECRET_KEY", "", "is needed by the chosen provider"),
    ("XENDIT_CALLBACK_TOKEN", "", "is needed by the chosen provider"),
    ("OTP_HTTP_URL", "", "is needed by the chosen provider"),
    ("OTP_HTTP_TOKEN", "", "is needed by the chosen provider"),
    # embedded
    ("DATABASE_URL", "", f"{MISSING}: no embedded PostgreSQL"),
    ("VALKEY_URL", "", f"{MISSING}: no embedded Redis"),
    # open
    ("INTERNAL_BIND", "0.0.0.0:3001", PUBLIC),
    ("INTERNAL_BIND", "[::]:3001", PUBLIC),
    ("INTERNAL_BIND", "8.8.8.8:3001", PUBLIC),
    ("INTERNAL_BIND", "[::ffff:8.8.8.8]:3001", PUBLIC),
    ("INTERNAL_BIND", "[::ffff:0.0.0.0]:3001", PUBLIC),
    ("INTERNAL_BIND", "intranet.example:3001", PUBLIC),
    ("TRUSTED_PROXIES", "0.0.0.0/0", "must not trust every address"),
    ("CORS_ORIGINS_PUBLIC", "*", "must list origins such as https://app.example"),
    ("CORS_ORIGINS_INTERNAL", "null", "must list origins such as https://app.example"),
    # in the clear
    ("PUBLIC_URL", "http://hunter2.example", PLAIN),
    ("XENDIT_BASE_URL", "http://hunter2.example", PLAIN),
    ("FCM_BASE_URL", "http://hunter2.example", PLAIN),
    ("OTP_HTTP_URL", "http://hunter2.example", PLAIN),
    ("GOOGLE_JWKS_URL", "http://hunter2.example", PLAIN),
    ("APPLE_JWKS_URL", "http://hunter2.example", PLAIN),
    ("CORS_ORIGINS_PUBLIC", "https://a.example,http://hunter2.example", PLAIN),
    ("CORS_ORIGINS_INTERNAL", "http://hunter2.example", PLAIN),
]

UNREADABLE: Final = "must be a URL; what is special in a user or password is written as %40 and the like"
QUOTED: Final = [
    ("DATABASE_URL", "postgresql://app:hunter2%zz@127.0.0.1:1/x"),
    ("DATABASE_URL", "postgresql://app:hunter2@127.0.0.1:hunter3/x"),
    ("DATABASE_URL", "postgresql://app:hun/ter2@127.0.0.1/x"),
    ("DATABASE_URL", "postgresql://app:hunter2@[::1/x"),
    ("DATABASE_URL", "postgresql://hunter2℀@127.0.0.1/x"),
    ("VALKEY_URL", "redis://:hunter2@127.0.0.1:hunter3/0"),
    ("VALKEY_URL", "redis://:hunter2%@127.0.0.1/0"),
    ("OTP_HTTP_URL", "https://hunter2:hunter3@[otp.example/"),
]


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Shell]:
    """A shell in production, with stores that nobody serves: a refusal comes before anybody looks."""
    made = Shell(monkeypatch, capsys, tmp_path / "data")
    made.variables |= PRODUCTION
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield made
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize("name,said,line", WRONG)
def test_one_thing_wrong_is_one_line(shell: Shell, command: str, name: str, said: str, line: str) -> None:
    """The variable and what is wrong with it; not its value, nothing of anything else; no folder is made."""
    ran = shell.run(command, **{name: said})
    assert (ran.status, ran.out) == (1, "")
    told = [one for one in ran.errors.splitlines() if not one.endswith("this configuration is refused:")]
    assert len(told) == 1, ran.errors
    assert told[0].startswith(f"halobestie: {name}: {line}")
    assert "hunter" not in ran.errors
    assert not shell.data_dir.exists()


@pytest.mark.parametrize("name,said", QUOTED)
def test_an_address_that_cannot_be_read_is_not_quoted(shell: Shell, name: str, said: str) -> None:
    """Drivers and the standard library would repeat it, with the password."""
    ran = shell.run("check", **{name: said})
    assert (ran.status, ran.out) == (1, "")
    assert ran.errors == f"halobestie: {name}: {UNREADABLE}\n"


def test_everything_wrong_is_a_line_each(shell: Shell) -> None:
    """Whoever sets a server up mends all of it at once."""
    nothing = dict.fromkeys(PRODUCTION, "") | {"HALOBESTIE_ENV": "production", "INTERNAL_BIND": "0.0.0.0:1"}
    ran = shell.run("serve", **nothing)
    lines = ran.errors.splitlines()[1:]
    assert (ran.status, len(lines)) == (1, 7)
    assert len({line.split(": ")[1] for line in lines}) == 7


@pytest.mark.parametrize("command", ["serve", "check"])
def test_with_nothing_wrong_it_is_the_stores_that_are_missed(shell: Shell, command: str) -> None:
    """The same configuration without a mistake goes on to its stores, and shows no password of theirs."""
    ran = shell.run(command)
    said = ran.out + ran.errors
    assert ran.status == 1
    assert "refused" not in said.replace("Connection refused", "")
    assert "127.0.0.1" in said
    assert "hunter" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "name,said",
    [
        ("DATABASE_URL", f"postgresql://app:hunter2@{NOWHERE}/x?hunter3=hunter2"),
        ("VALKEY_URL", f"redis://:hunter2@{NOWHERE}/hunter3"),
        ("VALKEY_URL", f"redis://:hunter2@{NOWHERE}/0?socket_timeout=hunter3"),
    ],
)
def test_what_a_driver_cannot_read_is_not_quoted_either(shell: Shell, name: str, said: str) -> None:
    """One line of ours, and not a word of the address."""
    for command in ("serve", "check"):
        ran = shell.run(command, **{name: said})
        assert ran.status == 1
        assert "hunter" not in ran.out + ran.errors
        assert "Traceback" not in ran.out + ran.errors
