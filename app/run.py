"""The whole system on one machine: start servers, migrate, seed, and keep the API and the worker alive."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from app.binary import ServerFailed
from app.child import Child, spawn
from app.embedded import EmbeddedServer, Postgres, Valkey
from app.settings import Settings

ROOT = Path(__file__).parent.parent
TICK_S = 0.05
READY_CHECK_S = 0.2
READY_CHECK_TIMEOUT_S = 2.0
LATE_NOTICE_S = 30.0
# A child that dies is started again after 0.5, 1, 2, 4, 5, 5 … seconds; one that lived a while begins anew.
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
LIVED_WELL_S = 30.0
# API and worker may finish what they do within this; then they are killed. With the servers' own bounds: below 8 s.
GRACE_S = 4.0
# An embedded server that does not stay up is not worth a loop for ever.
SERVER_RESTARTS = 5

Say = Callable[[str], None]


class Stop:
    """Set by Ctrl-C, TERM or a closed terminal; asked at every tick. Further signals change nothing."""

    def __init__(self) -> None:
        self.is_asked = False

    def listen(self) -> None:
        """Take over the signals that end us. Only the main thread may."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True


class Failed(Exception):
    """The system cannot run; the text says why."""


class Part:
    """A program kept alive: the API or the worker."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.name = name
        self.argv = argv
        self.env = env
        self.child: Child | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._pause_s = FIRST_PAUSE_S

    def tick(self, say: Say) -> None:
        """Start it if it is not there and its pause is over."""
        now = time.monotonic()
        if self.child is None:
            if now >= self._start_again_at:
                self.child = spawn(self.argv, death_signal=signal.SIGKILL, env=self.env, cwd=ROOT)
                self._started_at = now
            return
        code = self.child.poll()
        if code is None:
            return
        if now - self._started_at >= LIVED_WELL_S:
            self._pause_s = FIRST_PAUSE_S
        say(f"The {self.name} ended (exit {code}); starting it again in {self._pause_s:g} s.")
        _kill_session(self.child)
        self.child = None
        self._start_again_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)


class Supervisor:
    """Owns every process of `make run`, and ends them all."""

    def __init__(self, settings: Settings, stop: Stop, command: Sequence[str], say: Say) -> None:
        self.settings = settings
        self.stop = stop
        self.command = command
        self.say = say
        self.env = dict(os.environ)
        self.servers: list[EmbeddedServer] = []
        self.parts: list[Part] = []
        self._step: Child | None = None
        self._restarts_left = SERVER_RESTARTS

    def run(self) -> None:
        """Everything, until asked to stop. Raises Failed or ServerFailed; nothing stays alive in any case."""
        try:
            self._check_port_is_free()
            self._start_servers()
            for step in ("migrate", "seed"):
                self._run_step(step)
            self.parts = [Part(name, [*self.command, name], self.env) for name in ("api", "worker")]
            self._await_ready()
            while not self.stop.is_asked:
                self._tick()
        finally:
            self.end()

    def end(self) -> None:
        """End API and worker first, so that they can still write; then the servers."""
        children = [part.child for part in self.parts if part.child is not None]
        if self._step is not None:
            children.append(self._step)
        _end_together(children, signal.SIGTERM, GRACE_S)
        for server in reversed(self.servers):
            server.stop()

    def _check_port_is_free(self) -> None:
        host, port = self.settings.host, self.settings.port
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise Failed(
                    f"port {port} of {host} cannot be used ({error.strerror}); choose another: PORT=… "
                ) from error

    def _start_servers(self) -> None:
        folder = self.settings.data_dir.absolute()
        wanted: list[tuple[str, str | None, Callable[[], EmbeddedServer]]] = [
            ("DATABASE_URL", self.settings.database_url, lambda: Postgres(folder, durable=True)),
            ("REDIS_URL", self.settings.redis_url, lambda: Valkey(folder, durable=True)),
        ]
        for variable, given_url, make in wanted:
            if given_url is not None:
                self.env[variable] = given_url
                continue
            if self.stop.is_asked:
                return
            server = make()
            self.servers.append(server)
            server.start()
            self.env[variable] = server.url

    def _run_step(self, name: str) -> None:
        if self.stop.is_asked:
            return
        self._step = spawn([*self.command, name], death_signal=signal.SIGKILL, env=self.env, cwd=ROOT)
        while self._step.poll() is None and not self.stop.is_asked:
            time.sleep(TICK_S)
        if self._step.poll() not in (0, None) and not self.stop.is_asked:
            raise Failed(f"`python -m app {name}` failed (exit {self._step.poll()})")

    def _await_ready(self) -> None:
        notice_at = time.monotonic() + LATE_NOTICE_S
        while not self.stop.is_asked:
            self._tick()
            if self._is_ready():
                self._greet()
                return
            if time.monotonic() > notice_at:
                self.say("Not ready yet; what is missing: " + self._address("/readyz"))
                notice_at += LATE_NOTICE_S
            time.sleep(READY_CHECK_S)

    def _tick(self) -> None:
        for server in self.servers:
            if not server.is_running:
                if self._restarts_left == 0:
                    raise Failed(f"{server.name} ended again and again; its log: {server.folder}/{server.name}.log")
                self._restarts_left -= 1
                self.say(f"{server.name} ended; starting it again.")
                server.start()
        for part in self.parts:
            part.tick(self.say)
        time.sleep(TICK_S)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(self._address("/readyz"), timeout=READY_CHECK_TIMEOUT_S) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _address(self, path: str) -> str:
        """On this machine, whatever address the public knows."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.settings.host, self.settings.host)  # noqa: S104
        return f"http://{host}:{self.settings.port}{path}"

    def _greet(self) -> None:
        asked = subprocess.run(
            [*self.command, "logins"], env=self.env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        lines = [
            "",
            "Rawat is ready.",
            f"  GraphQL   {self.settings.public_url}/graphql",
            f"  Inbox     {self.settings.public_url}/dev/inbox   (mails, WhatsApp and SMS of this machine)",
            "  Token     .venv/bin/python -m app token ROLE   (an access token of that role's demo account)",
            "  Stop      Ctrl-C",
            "",
        ]
        self.say("\n".join(lines) + (asked.stdout if asked.returncode == 0 else asked.stderr))


def _end_together(children: Sequence[Child], how: signal.Signals, bound_s: float) -> None:
    """Ask all at once, wait for all within one bound, and kill who is left with its own children."""
    for child in children:
        if child.poll() is None:
            child.send_signal(how)
    deadline = time.monotonic() + bound_s
    while any(child.poll() is None for child in children) and time.monotonic() < deadline:
        time.sleep(TICK_S)
    for child in children:
        _kill_session(child)


def _kill_session(child: Child) -> None:
    """Each child leads a process group of its own: what it left there ends too."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _say(text: str) -> None:
    print(text, flush=True)


def main(settings: Settings, command: Sequence[str] = (sys.executable, "-m", "app")) -> int:
    """Run until stopped; gives the exit code. `command` is the program that knows migrate, seed, api and worker."""
    stop = Stop()
    stop.listen()
    try:
        Supervisor(settings, stop, command, _say).run()
    except (Failed, ServerFailed) as error:
        _say(f"Rawat cannot run: {error}")
        return 1
    return 0
