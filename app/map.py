"""The whole system on one screen: `python -m app map`."""

from collections.abc import Iterator
from typing import Any

from domain.booking import BOOKING
from domain.machine import Machine
from domain.partner import PARTNER, SERVICE
from domain.permissions import ALLOWED, ANYONE, STAFF, STAFF_SEES, Role
from workers.table import CLOCK, EVERY, REACTIONS

MACHINES: dict[str, Machine[Any]] = {"booking": BOOKING, "partner": PARTNER, "service": SERVICE}


def lines() -> Iterator[str]:
    """States and verbs, who may do and see what, what follows from what."""
    yield "STATES AND VERBS"
    for noun, machine in MACHINES.items():
        yield f"{noun} starts {machine.start} ({machine.born.__name__})"
        for verb, move in machine.moves.items():
            yield f"  {verb:<19}{' | '.join(sorted(move.sources)):<34}-> {move.target:<22}{move.event.__name__}"
    yield ""
    yield "WHO MAY DO WHAT"
    for can, roles in ALLOWED.items():
        yield f"  {can.replace('_', ' '):<29}{'anyone' if roles is ANYONE else _names(roles)}"
    yield ""
    yield "WHICH STAFF SEE EVERY ROW"
    for noun, roles in STAFF_SEES.items():
        yield f"  {noun:<29}{_names(roles)}"
    yield ""
    yield "WHAT FOLLOWS"
    for event, jobs in REACTIONS.items():
        yield f"  {event.__name__:<29}{', '.join(job.__name__ for job in jobs) or '-'}"
    yield ""
    yield "WHAT THE CLOCK STARTS"
    for timer, job in CLOCK.items():
        yield f"  {timer.value:<29}{job.__module__}.{job.__name__}"
    for periodic, (every, job) in EVERY.items():
        yield f"  {periodic.value:<29}{job.__module__}.{job.__name__}, every {every}"


def _names(roles: frozenset[Role]) -> str:
    if roles == frozenset(Role) - {Role.SYSTEM}:
        return "everybody signed in"
    return "all staff" if roles == STAFF else ", ".join(role for role in Role if role in roles)
