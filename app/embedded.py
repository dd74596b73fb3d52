"""PostgreSQL and Valkey as child processes, from wheels: a development machine needs no server of its own."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from app.binary import SERVANT_ID, ServerFailed, as_servant, postgres_binaries, valkey_binary
from app.child import Child, command_line, end, end_orphan, spawn

START_ATTEMPTS = 4
RETRY_PAUSE_S = 0.3
# After a crash PostgreSQL replays its log first; a development database does that within this bound.
READY_BOUND_S = 60.0
POLL_S = 0.01
LOG_TAIL_CHARS = 2000

DATABASE = "rawat"
MAX_CONNECTIONS = 200
SHARED_BUFFERS = "128MB"
# Builtin C.UTF-8 (same order and case rules on every platform) exists since this version.
BUILTIN_LOCALE_SINCE = 17
# Fast shutdown, then immediate shutdown (the log is replayed at the next start).
POSTGRES_END = ((signal.SIGINT, 2.0), (signal.SIGQUIT, 0.5))
VALKEY_END = ((signal.SIGTERM, 2.0),)


class EmbeddedServer(ABC):
    """One server on a port of 127.0.0.1 that stays the same over restarts; its folder has one starter at a time."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child: Child | None = None
        self.port = 0
        self._lock: IO[bytes] | None = None
        self._log: IO[bytes] | None = None

    @staticmethod
    @abstractmethod
    def address(port: int) -> str:
        """The address for clients of a server on this port."""

    @property
    def url(self) -> str:
        """The address for clients, valid from the first start on."""
        return self.address(self.port)

    @property
    def is_running(self) -> bool:
        """Whether the server we started is alive."""
        return self.child is not None and self.child.poll() is None

    def start(self) -> None:
        """Start and wait until it answers; also after a crash of the server, of us, or of the machine.

        Raises ServerFailed with the end of the server's log.
        """
        self._take_folder()
        self._prepare()
        was_published = bool(self.port)
        for _ in range(START_ATTEMPTS):
            if not was_published:
                self.port = self._choose_port()
            self._log = self._open_log()
            self.child = self._spawn(self._log)
            if self._await_ready(self.child):
                self._path("port").write_text(str(self.port))
                return
            time.sleep(RETRY_PAUSE_S)  # a port was taken, or old backends still hold the shared memory
        raise ServerFailed(f"{self.name} did not start: {self._log_tail()}")

    def stop(self) -> None:
        """End the server within a few seconds, and free its folder for others. Safe to call twice."""
        if self.child is not None:
            self._end(self.child)
            self.child = None
        for file in (self._log, self._lock):
            if file is not None:
                file.close()
        self._log = self._lock = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make what the first start needs, and end what an earlier crash left behind."""

    @abstractmethod
    def _spawn(self, log: IO[bytes]) -> Child:
        """Start the program on self.port."""

    @abstractmethod
    def _is_ready(self, child: Child) -> bool:
        """Whether it answers."""

    @abstractmethod
    def _end(self, child: Child) -> None:
        """End it the way it likes best, then harder."""

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self.name}.{ending}"

    def _take_folder(self) -> None:
        if self._lock is not None:
            return
        lock = self._path("lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise ServerFailed(f"{self.folder} is in use: is another `make run` alive?") from error
        self._lock = lock

    def _choose_port(self) -> int:
        """The port of last time if it is free, so that open shells and clients keep working; else any free one."""
        with suppress(OSError, ValueError):
            last = int(self._path("port").read_text())
            if self.child is None and _is_free(last):
                return last
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _open_log(self) -> IO[bytes]:
        """A new log for each start: what is older helps nobody, and it must not grow for ever."""
        if self._log is not None:
            self._log.close()
        return self._path("log").open("wb")

    def _log_tail(self) -> str:
        return self._path("log").read_text(errors="replace")[-LOG_TAIL_CHARS:]

    def _await_ready(self, child: Child) -> bool:
        deadline = time.monotonic() + READY_BOUND_S
        while child.poll() is None:
            if self._is_ready(child):
                return True
            if time.monotonic() > deadline:
                self._end(child)
            time.sleep(POLL_S)
        return False


class Postgres(EmbeddedServer):
    """PostgreSQL in `folder/postgres`. Without `durable` a crash of the machine loses it (tests only)."""

    name = "postgres"

    def __init__(self, folder: Path, *, durable: bool, shared_buffers: str = SHARED_BUFFERS) -> None:
        super().__init__(folder)
        self.durable = durable
        self.shared_buffers = shared_buffers
        self.cluster = self.folder / "postgres"
        self.binaries = postgres_binaries()

    @staticmethod
    def address(port: int) -> str:
        """For asyncpg and Tortoise alike."""
        return f"postgres://{DATABASE}@127.0.0.1:{port}/{DATABASE}"

    def _prepare(self) -> None:
        if self.cluster.exists():
            self._end_orphan()
        else:
            self._create()

    def _create(self) -> None:
        """Make the cluster and its database beside the final place, so that a half-made one is never started."""
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(draft, SERVANT_ID, SERVANT_ID)
        flags = ["--auth=trust", f"--username={DATABASE}", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        self._run_tool([self._tool("initdb"), "-D", str(draft), *flags, *self._locale_flags()])
        single = [self._tool("postgres"), "--single", "-D", str(draft), "-c", "fsync=off", "postgres"]
        self._run_tool(single, f"CREATE DATABASE {DATABASE};\n")
        draft.rename(self.cluster)
        if self.durable:
            os.sync()  # once for all its files, instead of initdb's sync of each

    def _locale_flags(self) -> list[str]:
        version = subprocess.run([self._tool("postgres"), "--version"], capture_output=True, text=True, check=True)
        major = re.search(r"\d+", version.stdout)
        if major is not None and int(major[0]) >= BUILTIN_LOCALE_SINCE:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _tool(self, name: str) -> str:
        return str(self.binaries / name)

    def _run_tool(self, argv: list[str], text: str = "") -> None:
        done = subprocess.run(
            as_servant(argv, signal.SIGKILL),
            input=text,
            env=_server_environment(),
            capture_output=True,
            text=True,
            start_new_session=True,  # a signal to our group must not cut it in two
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"{Path(argv[0]).name} failed: {done.stderr[-LOG_TAIL_CHARS:]}")

    def _spawn(self, log: IO[bytes]) -> Child:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": self.shared_buffers,
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        argv = [self._tool("postgres"), "-D", str(self.cluster)]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        argv = as_servant(argv, signal.SIGINT)
        return spawn(argv, death_signal=signal.SIGINT, env=_server_environment(), output=log)

    def _is_ready(self, child: Child) -> bool:
        """The server writes its state into line 8 of its pid file (as pg_ctl reads it)."""
        lines = self._pid_lines()
        return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7] == "ready"

    def _pid_lines(self) -> list[str]:
        try:
            return [line.strip() for line in (self.cluster / "postmaster.pid").read_text().splitlines()]
        except OSError:
            return []

    def _end_orphan(self) -> None:
        """We hold the folder's lock, so a server in it has lost its starter; or the pid file names a stranger."""
        lines = self._pid_lines()
        if not lines or not lines[0].isdigit():
            return
        end_orphan(int(lines[0]), ("postgres", str(self.cluster)), POSTGRES_END)
        if command_line(int(lines[0])):
            # The id was given to another program; PostgreSQL would take it for a server of its own.
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _end(self, child: Child) -> None:
        end(child, POSTGRES_END)


class Valkey(EmbeddedServer):
    """Valkey (speaks Redis); keeps its contents in `folder/valkey` when durable, else only in memory (tests)."""

    name = "valkey"

    def __init__(self, folder: Path, *, durable: bool) -> None:
        super().__init__(folder)
        self.durable = durable
        self.binary = valkey_binary()

    @staticmethod
    def address(port: int) -> str:
        """For redis-py and arq alike."""
        return f"redis://127.0.0.1:{port}/0"

    def _prepare(self) -> None:
        (self.folder / "valkey").mkdir(exist_ok=True)
        with suppress(OSError, ValueError):
            pid, port = self._path("pid").read_text().split()
            end_orphan(int(pid), (self.binary.name, f":{int(port)}"), VALKEY_END)

    def _spawn(self, log: IO[bytes]) -> Child:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder / "valkey"),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
        }
        argv = [str(self.binary)]
        for name, value in options.items():
            argv += [f"--{name}", value]
        child = spawn(argv, death_signal=signal.SIGTERM, env=_server_environment(), output=log)
        self._path("pid").write_text(f"{child.pid} {self.port}")
        return child

    def _is_ready(self, child: Child) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def _end(self, child: Child) -> None:
        end(child, VALKEY_END)


@contextmanager
def postgres(folder: Path, *, durable: bool, shared_buffers: str = SHARED_BUFFERS) -> Iterator[str]:
    """PostgreSQL for the length of a block; gives its address."""
    yield from _for_a_block(Postgres(folder, durable=durable, shared_buffers=shared_buffers))


@contextmanager
def valkey(folder: Path | None) -> Iterator[str]:
    """Valkey for the length of a block; gives its address. Without a folder nothing is kept."""
    if folder is not None:
        yield from _for_a_block(Valkey(folder, durable=True))
        return
    with tempfile.TemporaryDirectory(prefix="rawat-valkey-") as scratch:
        yield from _for_a_block(Valkey(Path(scratch), durable=False))


def _for_a_block(server: EmbeddedServer) -> Iterator[str]:
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


def kept_port(folder: Path, name: str) -> int | None:
    """The port of the server of that name that another process keeps alive in the folder; None if none does."""
    with suppress(OSError, ValueError):
        port = int((folder / f"{name}.port").read_text())
        with (folder / f"{name}.lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return port
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _server_environment() -> dict[str, str]:
    """Ours without the variables that would change what the servers do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}
