"""`python -m tests.faults.program api|worker`: the product's own command line, with a clock that a test may move.

The file FAULT_CLOCK names holds seconds that this process's wall clock is ahead; its monotonic clock goes on untouched.
Until a test moves it, nothing is patched.
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

LOOK_EVERY_S = 0.1


def follow(file: Path) -> None:
    """Move the wall clock whenever the file says so."""
    told, travel = "0", None
    real, began = time.time(), time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_S)
        ahead = file.read_text().strip() or told
        if ahead == told:
            continue
        told = ahead
        moment = datetime.fromtimestamp(real, UTC) + timedelta(seconds=time.monotonic() - began + float(ahead))
        if travel is None:
            travel = time_machine.travel(moment, tick=True)
            traveller = travel.start()
        else:
            traveller.move_to(moment, tick=True)


def main() -> None:
    clock = os.environ.get("FAULT_CLOCK")
    if clock:
        threading.Thread(target=follow, args=(Path(clock),), daemon=True).start()
    from app.__main__ import cli

    cli()


if __name__ == "__main__":
    main()
