"""Start the API in its audit profile, ask it every audit, and say what each found; ends with 0 when all are ok."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from app.database import database
from app.embedded import postgres, valkey
from app.migration import migrate
from tests.running import system

HERE = Path(__file__).parent
INSTALLED = HERE.parent.parent / ".audit"
AUDITS = 61  # of version 1.23.1; fewer would be a false success
WITHIN_S = 60.0


def install() -> None:
    """Put the locked packages into INSTALLED, when they are not there yet; raises SystemExit without npm."""
    lock, stamp = (HERE / "package-lock.json").read_bytes(), INSTALLED / ".installed"
    INSTALLED.mkdir(exist_ok=True)
    for source in (*HERE.glob("*.mjs"), *HERE.glob("*.json")):
        shutil.copy(source, INSTALLED)
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("node and npm are needed: the audit is written for Node")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=INSTALLED, check=True)
    stamp.write_bytes(lock)


async def audit() -> list[dict[str, str]]:
    """What each audit found."""
    with tempfile.TemporaryDirectory(prefix="rawat-audit-") as name, valkey(None) as redis_url:
        folder = Path(name)
        with postgres(folder / "postgres", durable=False) as url:
            await migrate(url)
            async with database(url, pool_max=4), system(url, redis_url, folder, works=False, audit=True) as api:
                asking = await asyncio.create_subprocess_exec(
                    "node", "audit.mjs", f"{api.url}/graphql", cwd=INSTALLED, stdout=asyncio.subprocess.PIPE
                )
                async with asyncio.timeout(WITHIN_S):
                    said, _ = await asking.communicate()
    return [json.loads(line) for line in said.splitlines()]


def main() -> int:
    """The audit; exit code 1 unless all AUDITS were asked and are ok."""
    install()
    found = asyncio.run(audit())
    for each in found:
        sys.stdout.write("{status:7}{id}  {name}  {reason}".format(**each).rstrip() + "\n")
    statuses = Counter(each["status"] for each in found)
    sys.stdout.write(f"{statuses['ok']} of {AUDITS} ok; {dict(statuses)}\n")
    return 0 if statuses == {"ok": AUDITS} else 1


if __name__ == "__main__":
    sys.exit(main())
