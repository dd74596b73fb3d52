"""The servers under test as child processes: how each is started, pinned, measured and ended."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from app.child import Child, end, spawn
from bench.work import DOCUMENTS, POSTGRAPHILE

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"
READY_WITHIN_S = 60.0
END = ((signal.SIGTERM, 5.0),)
SERVER_CORE, CLIENT_CORE = 0, 1
TICKS = os.sysconf("SC_CLK_TCK")
PYTHON = ("limit", "rawat", "rawat-stock")
NODE = ("mercurius", "postgraphile")
QUERY_SERVERS = (*PYTHON, *NODE)
LIVE_SERVERS = ("picows", "rawat", "node-graphql-ws")
LOG_TAIL_CHARS = 2000


class BenchFailed(Exception):
    """Something needed for the measurement is not there; the text says what."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the servers share: addresses, keys, the file of M1's statements, a folder for logs and packages, and the
    folder of the world's PostgreSQL."""

    folder: Path
    home: Path
    database_url: str
    redis_url: str
    secret_key: str
    event_key: str
    recipe: Path


@dataclass
class Server:
    """One server on a free port of 127.0.0.1, on the server's core."""

    name: str
    place: Place
    port: int = 0
    documents: Mapping[str, str] = field(default_factory=DOCUMENTS.copy, repr=False)
    child: Child | None = None
    log: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it and wait until it answers; BenchFailed with the end of its log when it does not."""
        self.port = free_port()
        path = self.place.folder / f"{self.name}.log"
        self.log = path.open("wb")
        argv = [*pinned(SERVER_CORE), *self._command()]
        environment = {**os.environ, **self._environment()}
        self.child = spawn(argv, death_signal=signal.SIGTERM, env=environment, cwd=self._folder(), output=self.log)
        deadline = time.monotonic() + READY_WITHIN_S
        answers = is_listening if self.name == "picows" else is_ready
        while not answers(self.port):
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise BenchFailed(f"{self.name} did not start: {path.read_text(errors='replace')[-LOG_TAIL_CHARS:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it. Safe to call twice."""
        if self.child is not None:
            end(self.child, END)
            self.child = None
        if self.log is not None:
            self.log.close()
            self.log = None

    def document(self, work: str) -> str | None:
        """The GraphQL document of a work for this server; None for the limit, which has plain routes."""
        if self.name == "limit":
            return None
        return POSTGRAPHILE[work] if self.name == "postgraphile" else self.documents[work]

    def path(self, work: str) -> str:
        """Where requests of a work go to."""
        return f"/{work}" if self.name == "limit" else "/graphql"

    def does(self, work: str) -> bool:
        """Whether the work is measured on this server: PostGraphile has no business rules to hold a slot by."""
        return not (self.name == "postgraphile" and work == "M1")

    def cpu_s(self) -> float:
        """Processor time of the server and its descendants so far, in seconds."""
        return cpu_of(self.child.pid) if self.child else 0.0

    def database_cpu_s(self) -> float:
        """The same of its PostgreSQL, which writes its process id into the first line of a file."""
        return cpu_of(int((self.place.home / "postgres" / "postmaster.pid").read_text().split()[0]))

    def _folder(self) -> Path:
        return ROOT if self.name in (*PYTHON, "picows") else self.place.folder / "peers"

    def _command(self) -> list[str]:
        port = str(self.port)
        if self.name in ("rawat", "rawat-stock"):
            return [sys.executable, "-m", "app", "api"]
        if self.name == "limit":
            flags = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
            return [sys.executable, "-m", "uvicorn", "bench.limit:app", "--host", "127.0.0.1", "--port", port, *flags]
        if self.name == "picows":
            return [sys.executable, "-m", "bench.picows_server"]
        script = {"node-graphql-ws": "graphql_ws"}.get(self.name, self.name)
        return [str(node(self.place.folder)), f"{script}.mjs"]

    def _environment(self) -> dict[str, str]:
        place = self.place
        given = {
            "PORT": str(self.port), "DATABASE_URL": place.database_url, "REDIS_URL": place.redis_url,
            "SECRET_KEY": place.secret_key, "EVENT_KEY": place.event_key, "RECIPE": str(place.recipe),
            "NODE_ENV": "production", "GRAPHILE_ENV": "production",
            "ENVIRONMENT": "production", "RATE_USER": "0",
             "DB_POOL_MAX": "16", "ACCESS_TOKEN_MINUTES": "360",
            "MAX_SOCKETS": "20000",  # the listeners are few people with many sockets each
            "DATA_DIR": str(place.folder / "files"),
        }  # fmt: skip
        if self.name == "picows":
            given["PYTHONPATH"] = str(place.folder / "python")
        if self.name == "rawat-stock":
            given["EXECUTOR"] = "stock"
        if self.name == "postgraphile":
            given["DATABASE_URL"] = place.database_url.replace("//rawat@", "//bench_reader@")
        return given


def pinned(core: int) -> list[str]:
    """The beginning of a command that keeps it on one core, where there are two and the tool for it."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core)] if taskset and (os.cpu_count() or 1) > max(SERVER_CORE, CLIENT_CORE) else []


def node(folder: Path) -> Path:
    """The Node that came with the peers: the same for all of them."""
    for found in sorted((folder / "peers" / "node_modules").glob("node-linux-*/bin/node")):
        return found
    raise BenchFailed("the peers are not installed")


def install_peers(folder: Path) -> None:
    """Copy the peers into the folder and install their packages there, when the lock is not the installed one."""
    target = folder / "peers"
    lock = (PEERS / "package-lock.json").read_bytes()
    stamp = target / ".installed"
    is_installed = stamp.exists() and stamp.read_bytes() == lock
    target.mkdir(parents=True, exist_ok=True)
    for source in (*PEERS.glob("*.mjs"), *PEERS.glob("*.json")):
        shutil.copy(source, target)
    if is_installed:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise BenchFailed("npm is missing: the peers are written for Node")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=target, check=True)
    stamp.write_bytes(lock)


def install_python(folder: Path) -> None:
    """The peers and clients that are Python packages, beside the product's own."""
    target, wanted = folder / "python", Path(__file__).parent / "requirements.txt"
    stamp = target / ".installed"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return
    argv = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--upgrade"]
    if importlib.util.find_spec("pip") is None:  # an environment that uv made
        argv = ["uv", "pip", "install", "--python", sys.executable]
    flags = ["--quiet", "--no-deps", "--require-hashes", "--target", str(target), "-r", str(wanted)]
    if subprocess.run([*argv, *flags], check=False).returncode != 0:
        raise BenchFailed("the Python packages of bench/requirements.txt could not be installed")
    stamp.write_bytes(wanted.read_bytes())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    """Whether the server there says that it can work."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    with suppress(OSError, HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def is_listening(port: int) -> bool:
    """Whether anybody takes connections there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        return True
    return False


def post(port: int, path: str, token: str, body: bytes) -> tuple[int, bytes]:
    """One request, outside of the load."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    headers: Mapping[str, str] = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def descendants(pid: int) -> list[int]:
    """Children of the process, and theirs."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = [int(each) for each in (task / "children").read_text().split()]
            found += [each for child in children for each in (child, *descendants(child))]
    return found


def cpu_of(pid: int) -> float:
    """Processor time of a process and its descendants so far, in seconds."""
    return sum(_cpu_ticks(each) for each in (pid, *descendants(pid))) / TICKS


def memory_of(pid: int) -> int:
    """Resident memory of a process and its descendants, in bytes."""
    return sum(_resident_bytes(each) for each in (pid, *descendants(pid)))


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
