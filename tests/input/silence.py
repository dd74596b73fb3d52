"""Clients that fall silent: `make silence sockets=10000`, or `python -m tests.input.silence 10000 [rounds]`.

In each round so many connections are opened to an API process of our own on 127.0.0.1, a fifth of each kind of SAID,
and then nothing more is read, said or closed. Tells how long the API takes to be rid of them all, and what memory it
has before and afterwards; ends by itself, with 1 when a connection is left after FREED_WITHIN_S, or when the last round
leaves more than GROWTH times the memory of the one before: the first ones fill what Python keeps for the next."""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

from app.child import Child, end, spawn
from app.embedded import postgres, valkey
from app.socket import PROTOCOL

FREED_WITHIN_S = 60.0
READY_WITHIN_S = 30.0
SETTLES_S = 3.0  # after a round, for what is freed a moment later
GROWTH = 1.05
END = ((signal.SIGTERM, 5.0),)
UPGRADE = (
    "GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: "
    + PROTOCOL
    + "\r\n\r\n"
)
BODY = "POST /graphql HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{"
SAID = {
    "nothing": "",
    "half a head": "POST /graphql HTTP/1.1\r\nHost: {host}\r\nA:",
    "half a short body": BODY,
    "half a long body": BODY.replace("500", "500000"),
    "a handshake and nothing else": UPGRADE,
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def api(folder: Path) -> Iterator[tuple[Child, int]]:
    """An API process with servers of its own, and its port."""
    with ExitStack() as stack:
        redis_url = stack.enter_context(valkey(None))
        database_url = stack.enter_context(postgres(folder / "postgres", durable=False))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PORT": str(port), "DATA_DIR": str(folder)}
        environment = {**os.environ, **given, "ENVIRONMENT": "test"}
        migrating = spawn([sys.executable, "-m", "app", "migrate"], death_signal=signal.SIGTERM, env=environment)
        if migrating.wait(READY_WITHIN_S):
            raise SystemExit("the database could not be migrated")
        log = stack.enter_context((folder / "api.log").open("wb"))
        child = spawn([sys.executable, "-m", "app", "api"], death_signal=signal.SIGTERM, env=environment, output=log)
        stack.callback(end, child, END)
        _await_ready(child, port)
        yield child, port


def _await_ready(child: Child, port: int) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and child.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the API did not start")


def memory_kb(child: Child) -> int:
    """What the process has in memory."""
    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def files(child: Child) -> int:
    """How many files and sockets the process has open."""
    return len(os.listdir(f"/proc/{child.pid}/fd"))


def silent(port: int, count: int) -> list[socket.socket]:
    """That many connections, each having said its part."""
    parts = [part.format(host=f"127.0.0.1:{port}").encode() for part in SAID.values()]
    opened = []
    for number in range(count):
        each = socket.create_connection(("127.0.0.1", port), timeout=10)
        if part := parts[number % len(parts)]:
            each.sendall(part)
        opened.append(each)
    return opened


def round_of(child: Child, port: int, count: int) -> tuple[float, int]:
    """Seconds from the last connection until all are gone, and the memory then."""
    before = files(child)
    opened = silent(port, count)
    began, most, peak = time.monotonic(), files(child), memory_kb(child)
    while files(child) > before and time.monotonic() - began < 2 * FREED_WITHIN_S:
        most, peak = max(most, files(child)), max(peak, memory_kb(child))
        time.sleep(0.2)
    seconds, left = time.monotonic() - began, files(child) - before
    for each in opened:
        each.close()
    time.sleep(SETTLES_S)
    now = memory_kb(child)
    say(f"{count} silent connections, {most - before} at a time: free after {seconds:.1f} s, {max(left, 0)} left;"
        f" memory {peak // 1024} MB at most, {now // 1024} MB afterwards")  # fmt: skip
    return seconds, now


def main(count: int, rounds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="rawat-silence-") as name, api(Path(name)) as (child, port):
        say(f"memory {memory_kb(child) // 1024} MB before")
        found = [round_of(child, port, count) for _ in range(rounds)]
    is_freed = all(seconds <= FREED_WITHIN_S for seconds, _ in found)
    has_grown = len(found) > 1 and found[-1][1] > found[-2][1] * GROWTH
    return 0 if is_freed and not has_grown else 1


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:3]]
    sys.exit(main(given[0] if given else 1_000, given[1] if len(given) > 1 else 3))
