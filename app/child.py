"""Child processes that cannot outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

Child = subprocess.Popen[bytes]

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
KILL_WAIT_S = 1.0


def spawn(
    argv: Sequence[str],
    *,
    death_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | None = None,
) -> Child:
    """Start a program in a session of its own; the kernel sends it `death_signal` when we die in any way.

    Its own session, because a signal to our process group must reach only us: we end our children in order.
    Call it from a thread that lives as long as the process (the kernel watches the thread). Linux only: elsewhere
    a killed parent leaves its children behind, and the next start ends them.
    """
    return subprocess.Popen(
        argv,
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent(death_signal),
    )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    parent, libc = os.getpid(), _LIBC

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return arrange


def end(child: Child, ways: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, waiting that many seconds after it, until the child is gone; KILL is the last."""
    for how, wait_s in (*ways, (signal.SIGKILL, KILL_WAIT_S)):
        if child.poll() is not None:
            return
        child.send_signal(how)
        try:
            child.wait(wait_s)
        except subprocess.TimeoutExpired:
            continue


def command_line(pid: int) -> str:
    """The command line of any living process, "" when there is none of that id."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        if Path("/proc/self").exists():
            return ""
    found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def end_orphan(pid: int, marks: Sequence[str], ways: Sequence[tuple[signal.Signals, float]]) -> None:
    """End a process that is not our child, if its command line still holds all the marks (ids are used again)."""
    for how, wait_s in (*ways, (signal.SIGKILL, KILL_WAIT_S)):
        deadline = time.monotonic() + wait_s
        if not _is_marked(pid, marks):
            return
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        while _is_marked(pid, marks) and time.monotonic() < deadline:
            time.sleep(0.02)


def _is_marked(pid: int, marks: Sequence[str]) -> bool:
    line = command_line(pid)
    return bool(line) and all(mark in line for mark in marks)
