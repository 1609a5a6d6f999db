"""The command line as somebody types it: in this process for what ends at once, in another for what serves.

Knows no command. Every run has a data folder of its own and nothing else of this machine's settings.
"""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest
from attrs import frozen

from halobestie_app import cli
from halobestie_app.commands.failing import plainly
from support.waiting import until

START_SECONDS = 30
STOP_SECONDS = 15

NAMES = (
    *("DATABASE_URL", "VALKEY_URL", "PORT", "PUBLIC_BIND", "INTERNAL_BIND", "PUBLIC_URL", "LOG_FORMAT"),
    *("OTP_PROVIDER", "PAYMENT_GATEWAY", "XENDIT_SECRET_KEY"),
)


@frozen
class Ran:
    """A command that has ended: exit status, and what it said where."""

    status: int
    out: str
    errors: str


class Shell:
    """Types commands in this process; ``variables`` is all that is set."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data_dir: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.data_dir = data_dir
        self.variables = {"HALOBESTIE_DATA_DIR": str(data_dir)}

    def run(self, *words: str, typed: str = "", **variables: str) -> Ran:
        """Type ``halobestie`` and these words, with ``typed`` on standard input."""
        with self._monkeypatch.context() as patch:
            for name in clean_of(os.environ):
                patch.delenv(name)
            for name, value in {**self.variables, **variables}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["halobestie", *words])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            self._capsys.readouterr()
            status = plainly(cli.halobestie)
        return Ran(status, *self._capsys.readouterr())


class Program:
    """A command in a process of its own, with its output in a file, so that no pipe ever fills."""

    def __init__(self, folder: Path, *words: str, **variables: str) -> None:
        self.output = folder / f"output-{'-'.join(words).strip('-')}-{len(list(folder.glob('output-*')))}"
        ours = {name: value for name, value in os.environ.items() if name not in clean_of(os.environ)}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(  # noqa: S603  our own interpreter and program
                [sys.executable, "-m", "halobestie_app", *words],
                env={**ours, "PYTHONIOENCODING": "utf-8", **variables},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """What it has said so far, in order, on both streams."""
        return self.output.read_text(encoding="utf-8")

    def until_said(self, words: str, seconds: float = START_SECONDS) -> None:
        """Wait until it says this; fail at once when it ends without."""

        def heard() -> bool:
            ended = self.process.poll() is not None
            if words in self.said:
                return True
            assert not ended, f"ended without saying {words!r}:\n{self.said}"
            return False

        until(heard, seconds=seconds, what=f"not said: {words!r}")

    def ended(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for its end and give the exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.said}") from None

    def interrupt(self) -> int:
        """Press Ctrl-C and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def clean_of(environment: "os._Environ[str]") -> list[str]:
    """Which variables of this machine would be settings of ours."""
    return [name for name in environment if name.startswith(("HALOBESTIE_", "AUTH_JWT_")) or name in NAMES]
