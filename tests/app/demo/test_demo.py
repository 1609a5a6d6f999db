"""The demo as a newcomer runs it: started, watched, stopped, started again, forgotten."""

import json
import re
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from halobestie_adapters.embedded.client import find_running
from halobestie_app.commands.demo import chosen_gateway
from halobestie_app.demo.people import ROBOTS, SPARE
from halobestie_app.fakes.fcm import FakeFcm
from support.embedding import family, until_gone
from support.program import Program
from support.waiting import until

RUNNING = "What happens is told below"
EVENING_SECONDS = 90
BILLS = r"^payments +(http://127\.0\.0\.1:[0-9]+) "
ROBOT_NAMES = [robot.name for robot in ROBOTS]


class Demo:
    """A data folder, and what is run on it."""

    def __init__(self, data_dir: Path, outputs: Path) -> None:
        self.data_dir = data_dir
        self.outputs = outputs

    def program(self, *words: str, **variables: str) -> Program:
        """Type ``halobestie`` and these words."""
        binds = {"PUBLIC_BIND": "127.0.0.1:0", "INTERNAL_BIND": "127.0.0.1:0"}
        return Program(
            self.outputs, *words, **{"HALOBESTIE_DATA_DIR": str(self.data_dir), **binds, **variables}
        )

    @contextmanager
    def running(self, **variables: str) -> Iterator[Program]:
        """Have the demo run, with its robots online."""
        with self.program("demo", **variables) as program:
            program.until_said(RUNNING)
            yield program

    def typed(self, *words: str) -> tuple[int, str]:
        """Type a command that ends, and give its status and all it said."""
        with self.program(*words) as program:
            return program.ended(EVENING_SECONDS), program.said

    @property
    def notes(self) -> dict[str, str]:
        """What the demo wrote down."""
        notes: dict[str, str] = json.loads((self.data_dir / "demo.json").read_text())
        return notes

    def processes(self) -> set[int]:
        """The supervisor of its stores, and everything below it; none while they do not run."""
        stores = find_running(self.data_dir)
        if stores is None:
            return set()
        with stores:
            return family(stores.status())


@pytest.fixture
def demo(data_dir: Path, tmp_path: Path) -> Demo:
    """A demo that was never started."""
    return Demo(data_dir, tmp_path)


def test_it_says_where_it_is_and_who_one_can_be(demo: Demo) -> None:
    """Addresses that answer, log-ins that work, and no line wider than a terminal."""
    with demo.running() as program, httpx2.Client(trust_env=False) as http:
        notes, said = demo.notes, program.said
        assert all(
            word in said for word in (notes["public"], notes["internal"], notes["password"], SPARE.phone)
        )
        apps = re.findall(r"^(?:customers|mitras|control center) +(http://[^ ]+)$", said, re.MULTILINE)
        assert apps == [f"{notes['public']}/app/", f"{notes['public']}/mitra/", f"{notes['internal']}/"]
        assert [http.get(app).headers["content-type"][:9] for app in apps] == ["text/html"] * 3
        assert http.get(f"{notes['public']}/readyz").status_code == 200
        log_in = {"email": "operator@halobestie.example", "password": notes["password"]}
        assert http.post(f"{notes['internal']}/internal/auth/login", json=log_in).status_code == 200
        http.post(f"{notes['public']}/api/mitra/auth/otp/request", json={"phone": SPARE.phone})
        program.until_said(f"[OTP STUB] phone={SPARE.phone} code=")
        code = re.findall(
            rf"^\[OTP STUB\] phone={re.escape(SPARE.phone)} code=([0-9]+)$", program.said, re.MULTILINE
        )
        verify = {"phone": SPARE.phone, "code": code[-1]}
        answer = http.post(f"{notes['public']}/api/mitra/auth/otp/verify", json=verify)
        assert answer.json()["user"]["display_name"] == SPARE.name
        panel = said[said.index("Halo Bestie is running") :].splitlines()
        assert not [line for line in panel if len(line) > 100 and str(demo.data_dir) not in line]
    assert "\x1b" not in said, "colours only where there is a terminal"
    assert stat.S_IMODE((demo.data_dir / "demo.json").stat().st_mode) == 0o600


def test_an_evening_is_played_to_its_end(demo: Demo) -> None:
    """Every transition is told, with the frames that brought them; what must hold does, and all is well."""
    with demo.running() as program:
        status, story = demo.typed("demo", "--evening")
        assert status == 0, story
        for move in (
            "payment   pending → confirmed",
            "request   pending → accepted",
            "payment   confirmed → consumed",
            "chat      active → ended",
            "request   pending → cancelled",
            "payment   confirmed → failed_pairing",
            "extension pending → accepted",
            "chat      active → extending",
            "chat      extending → active",
        ):
            assert f"● {move}" in story, story
        assert story.count("● request   pending → accepted") >= 2, "once, and Curhat lagi"
        for frame in (
            *("payment_confirmed", "paired", "message", "message_ack", "extension_response"),
            *("session_paused", "session_resumed", "session_ended", "pairing_failed"),
        ):
            assert f"← frame {frame}" in story, story
        assert len(re.findall(rf"← frame message .*({'|'.join(ROBOT_NAMES)}): ", story)) >= 4, story
        assert re.search(r"Rina pays Rp 10\.000 at http://127\.0\.0\.1:[0-9]+/web/", story), story
        assert "/confirm" not in story, "nobody confirms what the gateway tells"
        assert "charged, for more time" in story
        assert "customer_cancelled, refund due" in story
        assert "Traceback" not in story
        for deed in (
            "listens to Rina, 5 minutes",
            "stays with Rina, 5 minutes more",
            "listens to Rina again",
        ):
            assert re.search(rf"({'|'.join(ROBOT_NAMES)}) {deed}", program.said)
        checked, report = demo.typed("check", "--invariants")
        assert checked == 0, report
        assert program.interrupt() == 0
        assert "WARN" not in program.said.upper(), program.said


def test_a_push_can_be_seen_in_the_inbox(demo: Demo) -> None:
    """The spare mitra, online without a socket, is pushed what the robots are offered over theirs."""
    with demo.running() as program, httpx2.Client(trust_env=False, timeout=10) as http:
        [inbox] = re.findall(r"^pushes +(http://127\.0\.0\.1:[0-9]+) ", program.said, re.MULTILINE)
        assert "Nothing was pushed yet" in http.get(inbox).text
        public = demo.notes["public"]
        http.post(f"{public}/api/mitra/auth/otp/request", json={"phone": SPARE.phone})
        said = rf"\[OTP STUB\] phone={re.escape(SPARE.phone)} code=([0-9]+)"
        until(lambda: re.findall(said, program.said))
        code = re.findall(said, program.said)[-1]
        verify = {"phone": SPARE.phone, "code": code}
        token = http.post(f"{public}/api/mitra/auth/otp/verify", json=verify).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert http.put(f"{public}/api/mitra/status", json={"is_online": True}, headers=bearer).is_success
        assert demo.typed("demo", "--evening")[0] == 0
        until(lambda: http.get(f"{inbox}/inbox").json(), what="nothing was pushed")
        pushed = http.get(f"{inbox}/inbox").json()
        assert pushed[0]["message"]["notification"]["title"] == "Curhat Baru"
        assert http.get(f"{public}/readyz").json()["unconfigured"] == []
        assert program.interrupt() == 0
    assert not list(demo.data_dir.glob("*fcm*")), "the stand-in's account goes with it"


def test_bills_can_be_seen_and_steered(demo: Demo) -> None:
    """The stand-in's list shows what was paid; its webhooks came, and outlive a restart with their pages."""
    with demo.running() as program, httpx2.Client(trust_env=False, timeout=10) as http:
        [bills] = re.findall(BILLS, program.said, re.MULTILINE)
        status, story = demo.typed("demo", "--evening")
        assert status == 0, story
        state = http.get(f"{bills}/control").json()
        assert [invoice["status"] for invoice in state["invoices"]] == ["PAID"] * 4
        assert {attempt["answer"] for attempt in state["webhooks"]["attempts"]} == {200}
        page = f"{bills}/web/{state['invoices'][0]['id']}"
        assert "Sudah dibayar" in http.get(page).text
        assert program.interrupt() == 0
        with demo.running():
            assert "Sudah dibayar" in http.get(page).text


def test_a_webhook_that_never_comes(demo: Demo) -> None:
    """The gateway is asked all the same, and the payment confirmed."""
    with demo.running() as program, httpx2.Client(trust_env=False, timeout=10) as http:
        [bills] = re.findall(BILLS, program.said, re.MULTILINE)
        http.post(f"{bills}/control/webhooks", json={"drop": True}).raise_for_status()
        public = f"{demo.notes['public']}/api"
        token = http.post(f"{public}/shared/auth/anonymous").json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        tier = http.get(f"{public}/client/chat/pricing?mode=chat").json()["tiers"][0]
        wanted = {"duration_minutes": tier["minutes"], "tier_id": tier["id"]}
        payment = http.post(f"{public}/client/payment-sessions", json=wanted).json()
        assert http.post(f"{payment['xendit_invoice_url']}/pay").status_code == 303
        path = f"{public}/client/payment-sessions/{payment['id']}"
        until(lambda: http.get(path).json()["status"] == "confirmed", seconds=30)
        assert http.get(f"{bills}/control").json()["webhooks"]["dropped"] == 1


def test_who_confirms_has_paid(demo: Demo) -> None:
    """The gateway for development is still there for whoever chooses it, and nothing stands in for Xendit."""
    with demo.running(PAYMENT_GATEWAY="development") as program:
        assert not re.findall(BILLS, program.said, re.MULTILINE)
        status, story = demo.typed("demo", "--evening")
        assert status == 0, story
        assert "/confirm" in story


@pytest.mark.parametrize(
    "variables, stands_in",
    [
        ({}, True),
        ({"PAYMENT_GATEWAY": " "}, True),
        ({"PAYMENT_GATEWAY": "xendit"}, True),
        ({"PAYMENT_GATEWAY": "xendit", "XENDIT_SECRET_KEY": "mine"}, False),
        ({"PAYMENT_GATEWAY": "development"}, False),
        ({"PAYMENT_GATEWAY": "pigeon"}, False),
    ],
)
def test_when_somebody_stands_in_for_the_gateway(variables: dict[str, str], stands_in: bool) -> None:
    """Unless another is chosen, or Xendit with a key of one's own."""
    left, found = chosen_gateway(variables)
    assert found is stands_in
    assert stands_in or left == variables


def test_pushes_of_ones_own_leave_no_inbox(demo: Demo, tmp_path: Path) -> None:
    """A service account that is set is used, and nothing stands in for FCM."""
    account = tmp_path / "account.json"
    account.write_text(json.dumps(FakeFcm().service_account("http://127.0.0.1:9")))
    with demo.program("demo", FIREBASE_SERVICE_ACCOUNT_PATH=str(account)) as program:
        program.until_said(RUNNING)
        assert not re.findall("^pushes ", program.said, re.MULTILINE)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(demo: Demo, number: signal.Signals) -> None:
    """Neither process nor listener, whether it is asked to end or killed; it says so if it can."""
    with demo.running() as program:
        left = demo.processes()
        public = demo.notes["public"]
        program.process.send_signal(number)
        status = program.ended()
        until_gone(left)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(public, trust_env=False)
        if number is signal.SIGKILL:
            assert status == -signal.SIGKILL
        else:
            assert (status, program.said.splitlines()[-1][:8]) == (0, "Stopped.")


@pytest.mark.faults
def test_an_interrupt_while_it_starts_leaves_nothing(demo: Demo) -> None:
    """Ctrl-C is heard from the first moment."""
    with demo.program("demo") as program:
        until(demo.processes, seconds=30)
        left = demo.processes()
        assert program.interrupt() in (0, 130)
        until_gone(left)
        assert "Traceback" not in program.said


def test_a_second_start_keeps_data_and_log_ins(demo: Demo) -> None:
    """The same password, the same people; the robots come back without a new code."""
    with demo.running() as program:
        first = demo.notes
        status, story = demo.typed("demo", "--evening")
        assert status == 0, story
        assert program.interrupt() == 0
    with demo.running() as program:
        assert demo.notes["password"] == first["password"]
        assert "OTP STUB" not in program.said
        log_in = {"email": "operator@halobestie.example", "password": first["password"]}
        answer = httpx2.post(f"{demo.notes['internal']}/internal/auth/login", json=log_in, trust_env=False)
        assert answer.status_code == 200
        status, story = demo.typed("demo", "--evening")
        assert status == 0, story


def test_robots_whose_log_in_is_gone_come_back_with_a_code(demo: Demo) -> None:
    """As after a restore from an older copy."""
    with demo.running() as program:
        assert program.interrupt() == 0
    notes = {**demo.notes, "sessions": {robot.phone: "no token of ours" for robot in ROBOTS}}
    (demo.data_dir / "demo.json").write_text(json.dumps(notes))
    with demo.running() as program:
        assert program.said.count("[OTP STUB]") == len(ROBOTS)
        assert "say yes to everybody" in program.said


def test_only_one_runs_on_a_folder_and_it_is_not_reset_under_its_feet(demo: Demo) -> None:
    """One line says what runs where; afterwards the data can be forgotten."""
    with demo.running() as program:
        status, said = demo.typed("demo")
        assert status == 1
        assert demo.notes["public"] in said
        assert said.count("\n") == 1
        status, said = demo.typed("demo", "--reset")
        assert (status, said.count("\n")) == (1, 1)
        assert "stop it first" in said
        assert program.interrupt() == 0
    assert demo.typed("demo", "--reset")[0] == 0
    assert not demo.data_dir.exists()
    demo.data_dir.mkdir()


def test_stores_that_somebody_else_uses_are_not_reset(demo: Demo) -> None:
    """A server of its own on the same folder counts as well."""
    with demo.program("serve") as server:
        server.until_said("internal listener on")
        status, said = demo.typed("demo", "--reset")
        assert (status, said.count("\n")) == (1, 1)
        assert "somebody uses the stores" in said


def test_without_a_demo_there_is_no_evening(demo: Demo) -> None:
    """One line says how to start one; also when an earlier demo has ended."""
    for _ in range(2):
        status, said = demo.typed("demo", "--evening")
        assert (status, said.count("\n")) == (1, 1)
        assert "make demo" in said
        (demo.data_dir / "demo.json").write_text('{"public": "http://127.0.0.1:1", "password": "x"}')


def test_a_taken_port_is_one_line(demo: Demo) -> None:
    """It says which variable to set, and nothing is left of what was begun."""
    with demo.running():
        where = demo.notes["public"].removeprefix("http://")
        other = demo.outputs / "other"
        with demo.program("demo", PUBLIC_BIND=where, HALOBESTIE_DATA_DIR=str(other)) as second:
            assert second.ended(EVENING_SECONDS) == 1, "it starts its stores first"
            last = second.said.splitlines()[-1]
        assert last.startswith("halobestie: the public listener cannot listen on")
        assert last.endswith("name another address in PUBLIC_BIND")
        assert not Demo(other, demo.outputs).processes()


@pytest.mark.parametrize(
    "variables,named",
    [
        (
            {"OTP_PROVIDER": "http", "OTP_HTTP_URL": "https://otp.example", "OTP_HTTP_TOKEN": "t"},
            "OTP_PROVIDER",
        ),
        ({"HALOBESTIE_ENV": "production"}, "DATABASE_URL"),
    ],
)
def test_it_refuses_what_a_demo_is_not_for(demo: Demo, variables: dict[str, str], named: str) -> None:
    """Real messages to made-up phones, and production."""
    with demo.program("demo", **variables) as program:
        assert program.ended() == 1
    assert f"halobestie: {named}: " in program.said
