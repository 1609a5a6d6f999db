"""The environment: what is read, what is refused, and that no secret is ever shown."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from halobestie_app.development_secrets import FILE, completed
from halobestie_app.environment import (
    BadVariable,
    Bind,
    Gateway,
    OtpProvider,
    Role,
    Secret,
    Stage,
    listening,
    read,
    refusals,
)

KEY = "the key of a test;" * 2
OTHER = "another key of a test;" * 2
BOTH = "hunter2 in both places at once; for ever"
PRODUCTION = {
    "HALOBESTIE_ENV": "production",
    "DATABASE_URL": "postgresql://app:hunter2@db/halobestie",
    "VALKEY_URL": "rediss://:hunter2@cache:6379/0",
    "AUTH_JWT_SECRET": KEY,
    "AUTH_JWT_SECRET_INTERNAL": OTHER,
    "CHAT_ENCRYPTION_KEYS": "what chats are kept under;" * 2,
    "PAYMENT_GATEWAY": "xendit",
    "XENDIT_SECRET_KEY": "xnd_hunter2",
    "XENDIT_CALLBACK_TOKEN": "hunter2 of the gateway,hunter3 of the gateway",
    "OTP_PROVIDER": "http",
    "OTP_HTTP_URL": "https://otp.example/send",
    "OTP_HTTP_TOKEN": "hunter2 of the codes",
}


def test_nothing_said_is_development_with_stubs() -> None:
    """A fresh machine needs no variable at all."""
    env = read({})
    assert env.stage is Stage.DEVELOPMENT
    assert (env.public_bind, env.internal_bind) == (Bind("0.0.0.0", 3000), Bind("127.0.0.1", 3001))  # noqa: S104
    assert (env.payment_gateway, env.otp_provider) == (Gateway.DEVELOPMENT, OtpProvider.DEVELOPMENT)
    assert (env.database_url, env.valkey_url, env.data_dir) == (None, None, Path(".halobestie"))
    assert env.mitra_heartbeat_cadence_seconds == 30
    assert refusals(env) == []


def test_blank_is_unset() -> None:
    """A variable that is there but empty says nothing, whatever it is."""
    names = [*PRODUCTION, "PUBLIC_BIND", "PORT", "LOG_FORMAT", "CORS_ORIGINS_PUBLIC", "FCM_BASE_URL"]
    assert read(dict.fromkeys(names, "  ")) == read({})


@pytest.mark.parametrize(
    "said", ["", " ", "abc", "0", "-5", "0.9", "nan", "inf", "1e999", "1_0", "٣٠", "٣٠ seconds"]
)
def test_a_cadence_that_is_none_counts_as_30(said: str) -> None:
    """Blank, non-numeric or below 1 means 30; it never stops the start."""
    assert read({"MITRA_HEARTBEAT_CADENCE_SECONDS": said}).mitra_heartbeat_cadence_seconds == 30


@pytest.mark.parametrize("said,seconds", [("1", 1), ("45", 45), (" 10 ", 10), ("12.7", 12)])
def test_a_cadence_is_whole_seconds(said: str, seconds: int) -> None:
    """Any number from 1 on."""
    assert read({"MITRA_HEARTBEAT_CADENCE_SECONDS": said}).mitra_heartbeat_cadence_seconds == seconds


@pytest.mark.parametrize(
    "name,said",
    [
        ("HALOBESTIE_ENV", "prod"),
        ("DATABASE_URL", "mysql://hunter2@x"),
        ("VALKEY_URL", "localhost:6379/hunter2"),
        ("PUBLIC_BIND", "3000"),
        ("PUBLIC_BIND", "127.0.0.1:"),
        ("PUBLIC_BIND", "127.0.0.1:65536"),
        ("INTERNAL_BIND", ":3001"),
        ("PORT", "80a"),
        ("PORT", "99999"),
        ("AUTH_JWT_SECRET", "hunter2"),
        ("AUTH_JWT_SECRET", f"{KEY},{OTHER},{KEY}"),
        ("AUTH_JWT_SECRET_INTERNAL", f"{KEY},hunter2"),
        ("CHAT_ENCRYPTION_KEYS", "hunter2"),
        ("PAYMENT_GATEWAY", "stripe"),
        ("OTP_PROVIDER", "pigeon"),
        ("OTP_HTTP_URL", "otp.example"),
        ("OTP_DAILY_CAP", "0"),
        ("OTP_DAILY_CAP", "-1"),
        ("OTP_DAILY_CAP", "many"),
        ("RETAIN_MESSAGES_DAYS", "0"),
        ("RETAIN_WEBHOOK_BODIES_DAYS", "-90"),
        ("RETAIN_OUTBOX_DAYS", "1.5"),
        ("RETAIN_OTP_DAYS", "for ever"),
        ("RETAIN_SESSIONS_DAYS", "99999"),
        ("OTP_COUNTRY_CODES", "ID"),
        ("OTP_COUNTRY_CODES", "62,0"),
        ("OTP_COUNTRY_CODES", "6281"),
        ("GOOGLE_JWKS_URL", "keys.example"),
        ("APPLE_JWKS_URL", "file:///hunter2"),
        ("TRUSTED_PROXIES", "proxy.hunter2.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "::/0"),
        ("XENDIT_CALLBACK_TOKEN", "a,b,c"),
        ("XENDIT_BASE_URL", "ftp://x"),
        ("PUBLIC_URL", "app.example"),
        ("PUBLIC_URL", "halobestie://x"),
        ("PUBLIC_URL", "https://hunter2@a.example"),
        ("PUBLIC_URL", "https://a.example/?token=hunter2"),
        ("FIREBASE_SERVICE_ACCOUNT_PATH", "/nowhere/hunter2.json"),
        ("CORS_ORIGINS_PUBLIC", "*"),
        ("CORS_ORIGINS_PUBLIC", "https://*.example"),
        ("CORS_ORIGINS_PUBLIC", "null"),
        ("CORS_ORIGINS_INTERNAL", "https://a.example/"),
        ("CORS_ORIGINS_INTERNAL", "https://hunter2@a.example"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(name: str, said: str) -> None:
    """The line says which variable and what would be right, and never repeats the value."""
    with pytest.raises(BadVariable) as refused:
        read({name: said})
    line = str(refused.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "name,said,field,value",
    [
        ("PUBLIC_BIND", "[::1]:0", "public_bind", Bind("::1", 0)),
        ("INTERNAL_BIND", "localhost:81", "internal_bind", Bind("localhost", 81)),
        ("AUTH_JWT_SECRET", f"{KEY}, {OTHER}", "auth_jwt_secret", (Secret(KEY), Secret(OTHER))),
        ("GOOGLE_CLIENT_IDS", "a, b,,", "google_client_ids", ("a", "b")),
        (
            "CORS_ORIGINS_PUBLIC",
            "https://a.example,http://localhost:5173",
            "cors_origins_public",
            ("https://a.example", "http://localhost:5173"),
        ),
        (
            "MIGRATION_DATABASE_URL",
            "postgresql://owner:secret@db/x",
            "migration_database_url",
            Secret("postgresql://owner:secret@db/x"),
        ),
        ("VALKEY_URL", "unix:///tmp/v.sock", "valkey_url", Secret("unix:///tmp/v.sock")),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("OTP_DAILY_CAP", "500", "otp_daily_cap", 500),
        ("OTP_DAILY_CAP", "", "otp_daily_cap", 10_000),
        ("RETAIN_MESSAGES_DAYS", "30", "retain_messages_days", 30),
        ("RETAIN_SESSIONS_DAYS", "", "retain_sessions_days", 90),
        ("OTP_COUNTRY_CODES", "+62, 65", "otp_country_codes", (62, 65)),
        ("OTP_COUNTRY_CODES", "", "otp_country_codes", (62,)),
        ("TRUSTED_PROXIES", "", "trusted_proxies", ()),
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/8,::1",
            "trusted_proxies",
            (ip_network("10.0.0.0/8"), ip_network("::1/128")),
        ),
        ("PUBLIC_URL", "https://a.example/", "public_url", "https://a.example"),
        ("FIREBASE_SERVICE_ACCOUNT_PATH", __file__, "firebase_service_account_path", Path(__file__)),
    ],
)
def test_values_are_read(name: str, said: str, field: str, value: object) -> None:
    """Each kind of variable becomes its value."""
    assert getattr(read({name: said}), field) == value


def test_no_secret_is_shown() -> None:
    """Neither the whole environment nor a part of it prints a secret; who needs one asks for it."""
    env = read({**PRODUCTION, "AUTH_JWT_SECRET": "hunter2" * 5})
    assert "hunter" not in repr(env) + str(env)
    assert env.xendit_secret_key
    assert "hunter" not in f"{env.xendit_secret_key}{env.xendit_secret_key!r}"
    assert env.xendit_secret_key.reveal() == "xnd_hunter2"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_a_complete_production_may_start() -> None:
    """With everything given, nothing is refused."""
    assert refusals(read(PRODUCTION)) == []
    assert read(PRODUCTION).production


@pytest.mark.parametrize(
    "change,name",
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"VALKEY_URL": ""}, "VALKEY_URL"),
        ({"AUTH_JWT_SECRET": ""}, "AUTH_JWT_SECRET"),
        ({"AUTH_JWT_SECRET_INTERNAL": ""}, "AUTH_JWT_SECRET_INTERNAL"),
        ({"AUTH_JWT_SECRET_INTERNAL": KEY}, "AUTH_JWT_SECRET_INTERNAL"),
        ({"AUTH_JWT_SECRET_INTERNAL": f"{OTHER},{KEY}"}, "AUTH_JWT_SECRET_INTERNAL"),
        ({"CHAT_ENCRYPTION_KEYS": ""}, "CHAT_ENCRYPTION_KEYS"),
        ({"PAYMENT_GATEWAY": ""}, "PAYMENT_GATEWAY"),
        ({"PAYMENT_GATEWAY": "development"}, "PAYMENT_GATEWAY"),
        ({"XENDIT_SECRET_KEY": ""}, "XENDIT_SECRET_KEY"),
        ({"XENDIT_CALLBACK_TOKEN": ""}, "XENDIT_CALLBACK_TOKEN"),
        ({"XENDIT_BASE_URL": "http://127.0.0.1:9"}, "XENDIT_BASE_URL"),
        ({"PUBLIC_URL": "http://a.example"}, "PUBLIC_URL"),
        ({"FCM_BASE_URL": "http://127.0.0.1:9"}, "FCM_BASE_URL"),
        ({"OTP_PROVIDER": "development"}, "OTP_PROVIDER"),
        ({"OTP_HTTP_URL": ""}, "OTP_HTTP_URL"),
        ({"OTP_HTTP_URL": "http://otp.example"}, "OTP_HTTP_URL"),
        ({"OTP_HTTP_TOKEN": ""}, "OTP_HTTP_TOKEN"),
        ({"GOOGLE_JWKS_URL": "http://127.0.0.1:9"}, "GOOGLE_JWKS_URL"),
        ({"APPLE_JWKS_URL": "http://127.0.0.1:9"}, "APPLE_JWKS_URL"),
        ({"INTERNAL_BIND": "0.0.0.0:3001"}, "INTERNAL_BIND"),
        ({"INTERNAL_BIND": "[::]:3001"}, "INTERNAL_BIND"),
        ({"INTERNAL_BIND": "8.8.8.8:3001"}, "INTERNAL_BIND"),
        ({"INTERNAL_BIND": "intranet:3001"}, "INTERNAL_BIND"),
        ({"INTERNAL_BIND": "127.0.0.1:3000", "PUBLIC_BIND": "127.0.0.1:3000"}, "INTERNAL_BIND"),
    ],
)
def test_production_refuses_what_is_pretended_short_or_open(change: dict[str, str], name: str) -> None:
    """Each lack is one line that names its variable."""
    [line] = refusals(read({**PRODUCTION, **change}))
    assert line.startswith(f"{name}: ")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "10.1.2.3", "192.168.0.9"])
def test_an_internal_listener_may_be_on_a_private_network(host: str) -> None:
    """Loopback and private addresses are inside."""
    assert refusals(read({**PRODUCTION, "INTERNAL_BIND": f"{host}:3001"})) == []


def test_two_listeners_have_two_addresses() -> None:
    """Also where nothing is refused but what cannot be; ports that the system chooses are two."""
    same = {"PUBLIC_BIND": "127.0.0.1:3001"}
    assert refusals(read(same)) == ["INTERNAL_BIND: must not be the address of PUBLIC_BIND"]
    assert refusals(read({"PUBLIC_BIND": "127.0.0.1:0", "INTERNAL_BIND": "127.0.0.1:0"})) == []


SECRETS = (
    "AUTH_JWT_SECRET",
    "AUTH_JWT_SECRET_INTERNAL",
    "CHAT_ENCRYPTION_KEYS",
    "XENDIT_SECRET_KEY",
    "XENDIT_CALLBACK_TOKEN",
    "OTP_HTTP_TOKEN",
)


@pytest.mark.parametrize("one,other", list(combinations(SECRETS, 2)))
def test_no_secret_is_two(one: str, other: str) -> None:
    """Any two of them that are the same are one line, and neither is quoted."""
    [line] = refusals(read({**PRODUCTION, one: BOTH, other: BOTH}))
    assert line == f"{other}: must not share a key with {one}"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_a_few_characters_is_none(name: str) -> None:
    """However long; one that turns it over is judged as well."""
    line = f"{name}: must have at least 8 different characters in production"
    assert refusals(read({**PRODUCTION, name: "abcdefg" * 5})) == [line]
    assert refusals(read({**PRODUCTION, name: "abcdefgh" * 5})) == []
    if name not in ("XENDIT_SECRET_KEY", "OTP_HTTP_TOKEN"):
        assert refusals(read({**PRODUCTION, name: f"{BOTH},{'x' * 40}"})) == [line]


@pytest.mark.parametrize("name", ["XENDIT_CALLBACK_TOKEN", "OTP_HTTP_TOKEN"])
def test_a_token_of_others_is_long_enough(name: str) -> None:
    """Sixteen bytes in production; a stand-in may have what it likes."""
    for short in ("x", "fifteen bytes;;"):
        [line] = refusals(read({**PRODUCTION, name: short}))
        assert line == f"{name}: must have at least 16 bytes in production"
        assert refusals(read({name: short})) == []
    assert refusals(read({**PRODUCTION, name: "sixteen bytes;16"})) == []


def test_production_without_otp_runs() -> None:
    """Without a provider the routes answer 503 and the server runs."""
    env = read({**PRODUCTION, "OTP_PROVIDER": ""})
    assert env.otp_provider is None
    assert refusals(env) == []


def test_a_port_is_for_one_role() -> None:
    """``PORT`` replaces the port of a listener that runs alone, and nothing else."""
    env = read({"PORT": "8080"})
    both = frozenset({Role.PUBLIC, Role.INTERNAL})
    assert listening(env, frozenset({Role.PUBLIC})) == {Role.PUBLIC: Bind("0.0.0.0", 8080)}  # noqa: S104
    assert listening(env, frozenset({Role.INTERNAL})) == {Role.INTERNAL: Bind("127.0.0.1", 8080)}
    assert listening(env, frozenset({Role.WORKER})) == {}
    assert listening(env, both) == {Role.PUBLIC: env.public_bind, Role.INTERNAL: env.internal_bind}
    assert listening(read({}), frozenset({Role.PUBLIC})) == {Role.PUBLIC: env.public_bind}


def development(folder: Path, **said: str) -> Any:  # noqa: ANN401  an Environment
    """An environment whose data folder is this."""
    return read({"HALOBESTIE_DATA_DIR": str(folder), **said})


def test_development_makes_its_secrets_once(tmp_path: Path) -> None:
    """The second start has the first one's; nobody else may read the file; no two are the same."""
    env = completed(development(tmp_path / "new"))
    assert env == completed(development(tmp_path / "new"))
    path = tmp_path / "new" / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [FILE]
    secrets = [*env.auth_jwt_secret, *env.auth_jwt_secret_internal, *env.chat_encryption_keys]
    assert len(set(secrets)) == 3
    assert all(len(secret) >= 32 for secret in secrets)
    assert refusals(env) == []


def test_what_was_given_is_kept(tmp_path: Path) -> None:
    """A secret from the environment wins over the file; with all given there is no file."""
    assert completed(development(tmp_path, AUTH_JWT_SECRET=KEY)).auth_jwt_secret == (Secret(KEY),)
    given = {"AUTH_JWT_SECRET": KEY, "AUTH_JWT_SECRET_INTERNAL": OTHER, "CHAT_ENCRYPTION_KEYS": KEY}
    completed(development(tmp_path / "unused", **given))
    assert not (tmp_path / "unused").exists()


def test_production_is_given_nothing(tmp_path: Path) -> None:
    """Secrets are never made up where they protect somebody."""
    env = development(tmp_path, HALOBESTIE_ENV="production")
    assert completed(env) is env
    assert list(tmp_path.iterdir()) == []


def test_two_first_starts_agree(tmp_path: Path) -> None:
    """Servers that start at once on one folder end up with the same secrets."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: completed(development(tmp_path)), range(16)))
    assert all(env == made[0] for env in made)


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"auth_jwt_secret": "x"}), "\udcff"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: str) -> None:
    """The start is refused with the name of the file, not with a stack."""
    (tmp_path / FILE).write_text(content, errors="surrogateescape")
    with pytest.raises(BadVariable, match=f"HALOBESTIE_DATA_DIR: {FILE} there is damaged"):
        completed(development(tmp_path))


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be, for one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadVariable, match="HALOBESTIE_DATA_DIR: cannot keep secrets there"):
        completed(development(tmp_path / "file"))
