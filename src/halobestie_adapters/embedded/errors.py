"""What goes wrong with the embedded stores, said so that a person knows what to do. Knows no processes."""

from pathlib import Path

LOG_TAIL_LINES = 15


class EmbeddedError(Exception):
    """The embedded stores cannot serve.

    `advice` is a sentence that says what to do; `log` is the tail of the server's log, or empty.
    """

    def __init__(self, what: str, advice: str = "", log: str = "") -> None:
        super().__init__(what, advice, log)
        self.what = what
        self.advice = advice
        self.log = log

    def __str__(self) -> str:
        sentence = f"{self.what} {self.advice}".strip()
        return f"{sentence}\n--- the end of its log ---\n{self.log}" if self.log else sentence


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, or nothing when there is none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
