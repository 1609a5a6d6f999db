"""Every command: its help, its exit status, and the plain line that says what was wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from halobestie_app.cli import COMMANDS
from support.program import Program, Shell

EVERY = [
    [],
    *([name] for name in COMMANDS),
    ["operator", "create"],
    ["mitra", "add"],
    ["chat-keys", "rewrap"],
]
LONG_ENOUGH = "correct horse battery"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """A shell without any store."""
    return Shell(monkeypatch, capsys, tmp_path / "data")


@pytest.fixture
def housed(shell: Shell, database_url: str, valkey_url: str) -> Shell:
    """A shell with two stores, the database migrated."""
    shell.variables |= {"DATABASE_URL": database_url, "VALKEY_URL": valkey_url}
    return shell


# ------------------------------------------------------------------------------------------- using it


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself(shell: Shell, words: list[str]) -> None:
    """With --help, each says how it is used, and ends well."""
    ran = shell.run(*words, "--help")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.out.startswith(f"Usage: {' '.join(['halobestie', *words])}")
    assert ran.out.count("\n") > 5


def test_without_a_command_the_help_is_shown(shell: Shell) -> None:
    """Somebody who types the name alone is told what there is."""
    ran = shell.run()
    assert ran.status == 0
    assert all(name in ran.out for name in COMMANDS)


def test_the_table_says_of_each_command_what_it_is_for(shell: Shell) -> None:
    """The overview is made without importing any command."""
    out = shell.run("--help").out
    assert all(f"{name} " in out and text in out for name, (_, _, text) in COMMANDS.items())


def test_the_version_is_told(shell: Shell) -> None:
    """The name and the version of the package."""
    ran = shell.run("--version")
    assert ran.status == 0
    assert ran.out.startswith("halobestie, version ")


@pytest.mark.parametrize(
    "words,named",
    [
        (["sing"], "'sing'"),
        (["serve", "--loudly"], "'--loudly'"),
        (["serve", "--role", "waiter"], "--role"),
        (["serve", "--role", ","], "--role"),
        (["operator"], "Usage"),
        (["operator", "create"], "--email"),
        (["mitra", "add", "--phone", "+628110000009"], "--name"),
        (["demo", "--evening", "--reset"], "--evening"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_command_that_is_not_used_as_meant_says_so(shell: Shell, words: list[str], named: str) -> None:
    """Status 2 (0 for a group's own help), and a line that names what is wrong."""
    ran = shell.run(*words)
    assert ran.status == (0 if named == "Usage" else 2)
    assert named in ran.errors + ran.out
    assert not shell.data_dir.exists()


# --------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize("command", ["serve", "migrate", "check", "demo"])
@pytest.mark.parametrize(
    "variable,value",
    [
        ("PUBLIC_BIND", "everywhere"),
        ("HALOBESTIE_ENV", "staging"),
        ("DATABASE_URL", "mysql://here"),
        ("AUTH_JWT_SECRET", "short-and-secret"),
    ],
)
def test_a_bad_variable_is_one_line_that_names_it(
    shell: Shell, command: str, variable: str, value: str
) -> None:
    """Nothing is started, and the value, which may be a secret, is not repeated."""
    ran = shell.run(command, **{variable: value})
    assert (ran.status, ran.out) == (1, "")
    assert ran.errors.startswith(f"halobestie: {variable}: ")
    assert ran.errors.count("\n") == 1
    assert value not in ran.errors
    assert not shell.data_dir.exists()


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_production_is_refused_line_by_line(shell: Shell, command: str) -> None:
    """Every reason at once, each on a line that names its variable."""
    ran = shell.run(command, HALOBESTIE_ENV="production")
    assert ran.status == 1
    for variable in ("DATABASE_URL", "VALKEY_URL", "AUTH_JWT_SECRET", "PAYMENT_GATEWAY"):
        assert f"\nhalobestie: {variable}: " in ran.errors
    assert not shell.data_dir.exists()


def test_a_data_folder_that_cannot_be_used_is_named(shell: Shell) -> None:
    """A file is in the way."""
    shell.data_dir.write_text("in the way")
    ran = shell.run("migrate")
    assert (ran.status, ran.errors.count("\n")) == (1, 1)
    assert "HALOBESTIE_DATA_DIR" in ran.errors


@pytest.fixture
def taken() -> Iterator[str]:
    """An address where somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


@pytest.mark.parametrize("variable", ["PUBLIC_BIND", "INTERNAL_BIND", "PORT"])
def test_a_taken_port_is_one_line_that_says_which_variable_to_set(
    housed: Shell, taken: str, variable: str, tmp_path: Path
) -> None:
    """The address, why not, and where to name another."""
    words = ["serve"]
    variables = {
        **housed.variables,
        "PUBLIC_BIND": "127.0.0.1:0",
        "INTERNAL_BIND": "127.0.0.1:0",
        variable: taken,
    }
    if variable == "PORT":
        words += ["--role", "public"]
        variables["PORT"] = taken.rpartition(":")[2]
    with Program(tmp_path, *words, **variables) as program:
        assert program.ended() == 1
    [line] = program.said.splitlines()
    assert line.startswith("halobestie: ")
    assert taken in line
    assert line.endswith(f"name another address in {variable}")


# ------------------------------------------------------------------------------------------- accounts


def test_an_operator_is_created_once(housed: Shell) -> None:
    """The second time the address is there already; letters' case makes no other address."""
    made = housed.run("operator", "create", "--email", "Ops@Example.id", typed=f"{LONG_ENOUGH}\n")
    assert made.status == 0
    assert made.out.startswith("operator ops@example.id (")
    again = housed.run("operator", "create", "--email", "ops@example.id", typed=f"{LONG_ENOUGH}\n")
    assert (again.status, again.out) == (1, "")
    assert again.errors == "halobestie: an operator with this e-mail address is there already\n"


@pytest.mark.parametrize(
    "email,password,words",
    [
        ("ops@example.id", "eleven char", "a password has 12 to"),
        ("ops@example.id", "", "a password has 12 to"),
        ("nobody", LONG_ENOUGH, "this is not an e-mail address"),
    ],
)
def test_an_operator_needs_an_address_and_a_long_password(
    housed: Shell, email: str, password: str, words: str
) -> None:
    """One line says what is missing, and never repeats the password."""
    ran = housed.run("operator", "create", "--email", email, typed=f"{password}\n")
    assert (ran.status, ran.out) == (1, "")
    assert ran.errors.startswith(f"halobestie: {words}")
    assert not password or password not in ran.errors


def test_a_mitra_is_added_once(housed: Shell) -> None:
    """However the phone is written."""
    made = housed.run("mitra", "add", "--phone", "+628110000009", "--name", "Tari")
    assert made.status == 0
    assert made.out.startswith("mitra Tari (")
    again = housed.run("mitra", "add", "--phone", "+62 811 0000 009", "--name", "Other")
    assert (again.status, again.errors) == (
        1,
        "halobestie: a mitra with this phone is registered already\n",
    )


@pytest.mark.parametrize("phone,name", [("0811", "Tari"), ("+62811", "Tari"), ("+628110000009", " \n")])
def test_a_mitra_needs_a_phone_and_a_name(housed: Shell, phone: str, name: str) -> None:
    """One line says what is wrong; what was typed is not repeated."""
    ran = housed.run("mitra", "add", "--phone", phone, "--name", name)
    assert (ran.status, ran.out, ran.errors.count("\n")) == (1, "", 1)
    assert phone not in ran.errors


# ------------------------------------------------------------------------------------- migrate and check


def test_migrations_run_once(shell: Shell, empty_database_url: str, valkey_url: str) -> None:
    """Each is named when it runs; the second time there is nothing to do."""
    shell.variables |= {"DATABASE_URL": empty_database_url, "VALKEY_URL": valkey_url}
    first = shell.run("migrate")
    assert (first.status, first.errors) == (0, "")
    assert first.out.startswith("applied 0001_people\n")
    again = shell.run("migrate")
    assert (again.status, again.out) == (0, "the database is up to date\n")


def test_all_is_well(housed: Shell) -> None:
    """One plain line for each thing that was looked at; nothing is written anywhere."""
    ran = housed.run("check", "--invariants")
    assert (ran.status, ran.errors) == (0, "")
    looked_at = [line.split()[:2] for line in ran.out.splitlines()]
    assert looked_at == [
        ["ok", "configuration"],
        ["ok", "PostgreSQL"],
        ["ok", "migrations"],
        ["ok", "rights"],
        ["ok", "invariants"],
        ["ok", "Redis"],
    ]
    assert not housed.data_dir.exists()


def test_missing_migrations_are_named_and_not_run(
    shell: Shell, empty_database_url: str, valkey_url: str
) -> None:
    """A check changes nothing; it says what to do."""
    shell.variables |= {"DATABASE_URL": empty_database_url, "VALKEY_URL": valkey_url}
    for _ in range(2):
        ran = shell.run("check", "--invariants")
        assert ran.status == 1
        assert "WRONG  migrations     missing: 0001_people" in ran.out
        assert "run: halobestie migrate" in ran.out
        assert "invariants" not in ran.out


def test_stores_that_cannot_be_reached_are_both_named(shell: Shell) -> None:
    """The rest is looked at all the same; passwords are not shown."""
    ran = shell.run(
        "check",
        DATABASE_URL="postgresql://somebody:hidden@127.0.0.1:1/nothing",
        VALKEY_URL="redis://:hidden@127.0.0.1:1",
    )
    assert ran.status == 1
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["ok", "configuration"],
        ["WRONG", "PostgreSQL"],
        ["WRONG", "Redis"],
    ]
    assert "hidden" not in ran.out + ran.errors


@pytest.mark.unsound("breaks an invariant to be printed", "p6_live_chats_counted")
def test_a_broken_invariant_is_printed_with_its_rows(housed: Shell) -> None:
    """Who breaks a rule past the stores is found."""
    housed.run("mitra", "add", "--phone", "+628110000009", "--name", "Tari")
    with psycopg.connect(housed.variables["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("UPDATE mitras SET live_chats = 2")
    ran = housed.run("check", "--invariants")
    assert ran.status == 1
    assert [line for line in ran.out.splitlines() if line.startswith("WRONG  invariants")]


def test_embedded_stores_are_started_for_a_command_and_stopped_after_it(shell: Shell, data_dir: Path) -> None:
    """Without a server, a command starts what it needs for itself; the data stays for the next one."""
    shell.variables["HALOBESTIE_DATA_DIR"] = str(data_dir)
    assert shell.run("migrate").status == 0
    ran = shell.run("check", "--invariants")
    assert ran.status == 0
    assert ", embedded" in ran.out
    assert "the others are for when a server runs" in ran.out
