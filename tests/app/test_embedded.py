"""The embedded servers: they start anywhere, keep their data, and leave nothing behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis

from app.address import database_url as database_url_now
from app.address import redis_url as redis_url_now
from app.binary import ServerFailed
from app.child import command_line
from app.embedded import Postgres, Valkey, postgres
from app.settings import settings

GONE_BOUND_S = 5.0

STARTER = """
import sys, time
from pathlib import Path
from app.embedded import Postgres, Valkey
servers = [Postgres(Path(sys.argv[1]), durable=True), Valkey(Path(sys.argv[1]), durable=True)]
for server in servers:
    server.start()
print(*(server.child.pid for server in servers), *(server.url for server in servers), flush=True)
time.sleep(60)
"""


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder that only its owner may enter, as a home folder is."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder / "data"


@pytest.fixture
def starter(closed_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that starts both servers in the closed folder and then does nothing."""
    argv = [sys.executable, "-c", STARTER, str(closed_folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        yield program
        program.kill()


def ask(url: str, sql: str) -> object:
    """One value from PostgreSQL, over a connection of its own."""

    async def fetch() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def started(program: "subprocess.Popen[str]") -> tuple[list[int], str, str]:
    """Process ids and addresses, as the starter prints them."""
    assert program.stdout is not None
    words = program.stdout.readline().split()
    assert len(words) == 4, "the starter ended early"
    return [int(words[0]), int(words[1])], words[2], words[3]


def are_gone(pids: list[int]) -> bool:
    """Whether all of them ended within the bound."""
    deadline = time.monotonic() + GONE_BOUND_S
    while any(command_line(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(command_line(pid) for pid in pids)


def test_postgres_speaks_utf8_and_utc_and_has_the_extensions(database_url: str) -> None:
    assert ask(database_url, "select upper('é') || current_setting('timezone')") == "ÉUTC"
    assert (
        ask(database_url, "select count(*) from pg_available_extensions where name in ('btree_gist', 'pg_trgm')") == 2
    )


def test_postgres_knows_the_zones_of_indonesia(database_url: str) -> None:
    sql = "select to_char(timestamptz '2026-01-01 00:00Z' at time zone '{}', 'HH24')"
    assert [ask(database_url, sql.format(f"Asia/{city}")) for city in ("Jakarta", "Makassar", "Jayapura")] == [
        "07",
        "08",
        "09",
    ]


def test_servers_run_in_a_folder_only_its_owner_may_enter(closed_folder: Path) -> None:
    with postgres(closed_folder, durable=False) as url:
        assert ask(url, "select 1") == 1


def test_a_world_survives_stop_and_start_on_the_same_port(closed_folder: Path) -> None:
    store, cache = Postgres(closed_folder, durable=True), Valkey(closed_folder, durable=True)
    try:
        store.start()
        cache.start()
        urls = store.url, cache.url
        ask(store.url, "create table kept as select 7 as n")
        redis.Redis.from_url(cache.url).set("kept", "7")
        for server in (store, cache):
            server.stop()
        store, cache = Postgres(closed_folder, durable=True), Valkey(closed_folder, durable=True)
        store.start()
        cache.start()
        assert (store.url, cache.url) == urls
        assert ask(store.url, "select n from kept") == 7
        assert redis.Redis.from_url(cache.url).get("kept") == b"7"
    finally:
        store.stop()
        cache.stop()


def test_a_killed_server_starts_again_with_its_rows(closed_folder: Path) -> None:
    server = Postgres(closed_folder, durable=True)
    try:
        server.start()
        ask(server.url, "create table kept as select 7 as n")
        assert server.child is not None
        server.child.kill()
        server.child.wait()
        server.start()
        assert ask(server.url, "select n from kept") == 7
    finally:
        server.stop()


def test_servers_of_a_killed_starter_end_and_their_folder_can_be_used_again(
    starter: "subprocess.Popen[str]", closed_folder: Path
) -> None:
    pids, store_url, cache_url = started(starter)
    ask(store_url, "create table kept as select 7 as n")
    redis.Redis.from_url(cache_url).set("kept", "7")
    starter.kill()
    starter.wait()
    assert are_gone(pids)
    with postgres(closed_folder, durable=True) as url:
        assert ask(url, "select n from kept") == 7


def test_a_second_starter_in_the_same_folder_is_refused(starter: "subprocess.Popen[str]", closed_folder: Path) -> None:
    pids, _, _ = started(starter)
    with pytest.raises(ServerFailed, match="in use"):
        Postgres(closed_folder, durable=True).start()
    assert all(command_line(pid) for pid in pids)


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(closed_folder: Path) -> None:
    server = Postgres(closed_folder, durable=False)
    server.start()
    server.stop()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n")
    try:
        server.start()
        assert ask(server.url, "select 1") == 1
    finally:
        server.stop()


def test_a_lost_server_that_still_runs_in_the_folder_is_replaced(closed_folder: Path) -> None:
    lost = Postgres(closed_folder, durable=True)
    lost.start()
    assert lost.child is not None
    assert lost._lock is not None
    lost._lock.close()  # as if its starter had died where the kernel tells nobody
    found = Postgres(closed_folder, durable=True)
    try:
        found.start()
        assert lost.child.wait(GONE_BOUND_S) == 0
        assert ask(found.url, "select 1") == 1
    finally:
        found.stop()
        lost.stop()


def test_a_port_that_somebody_took_meanwhile_is_replaced(closed_folder: Path) -> None:
    server = Postgres(closed_folder, durable=False)
    server.start()
    port = urlsplit(server.url).port
    server.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with postgres(closed_folder, durable=False) as url:
            assert urlsplit(url).port != port


def test_another_terminal_finds_the_servers_while_they_run(
    starter: "subprocess.Popen[str]", closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, store_url, cache_url = started(starter)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(closed_folder))
    settings.cache_clear()
    try:
        assert (database_url_now(), redis_url_now()) == (store_url, cache_url)
        starter.kill()
        starter.wait()
        with pytest.raises(ServerFailed, match="make run"):
            database_url_now()
    finally:
        settings.cache_clear()


def test_valkey_keeps_nothing_on_disk_for_tests(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("save") == {"save": ""}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_postgres_of_root_runs_as_nobody() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder), durable=False)
        try:
            server.start()
            assert server.child is not None
            assert os.stat(f"/proc/{server.child.pid}").st_uid != 0
        finally:
            server.stop()


def test_term_to_the_server_itself_is_seen(closed_folder: Path) -> None:
    server = Valkey(closed_folder, durable=False)
    try:
        server.start()
        assert server.is_running
        assert server.child is not None
        server.child.send_signal(signal.SIGTERM)
        server.child.wait(GONE_BOUND_S)
        assert not server.is_running
    finally:
        server.stop()
