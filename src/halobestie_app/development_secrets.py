"""Secrets for development: made once and kept in the data folder. Knows no rule of production.

A second start then knows the first one's tokens; production has to be given its secrets.
"""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Final

from halobestie_app.environment import BadVariable, Environment, Secret, changed

FILE: Final = "secrets.json"
FIELDS: Final = ("auth_jwt_secret", "auth_jwt_secret_internal", "chat_encryption_keys")
BYTES: Final = 48


def completed(env: Environment) -> Environment:
    """Give development the secrets it was not given; production stays as it is. Raises `BadVariable`."""
    missing = [name for name in FIELDS if not getattr(env, name)]
    if env.production or not missing:
        return env
    kept = _kept(env.data_dir)
    return changed(env, **{name: (Secret(kept[name]),) for name in missing})


def _kept(folder: Path) -> dict[str, str]:
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in FIELDS}
    except OSError as wrong:
        raise BadVariable("HALOBESTIE_DATA_DIR", f"cannot keep secrets there: {wrong.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BadVariable(
            "HALOBESTIE_DATA_DIR", f"{FILE} there is damaged; take it away to make a new one"
        ) from None


def _make(path: Path) -> None:
    """Write a whole file or none, and let the first of two servers that start at once win."""
    made = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({name: secrets.token_urlsafe(BYTES) for name in FIELDS}, file)
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink()
