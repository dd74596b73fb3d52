"""Asking documents, one after the other, as everybody in turn."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis_graphql import Mode

from tests.input.document import BOTH, documents
from tests.input.door import Answer, Entrance, entrance, rows
from tests.input.operation import Operation

ENOUGH = 10  # problems; more of them tell nothing new


@dataclass
class Tally:
    """What was found until now."""

    asked: Counter[Mode] = field(default_factory=Counter)
    refused_before: Counter[Mode] = field(default_factory=Counter)  # anything was executed
    answered: int = 0
    slowest_s: float = 0.0
    problems: list[str] = field(default_factory=list)

    def add(self, mode: Mode, document: str, answer: Answer) -> None:
        """One document more."""
        self.asked[mode] += 1
        self.slowest_s = max(self.slowest_s, answer.seconds)
        problem = answer.problem()
        if problem:
            self.problems.append(f"{problem}\n{document}")
            return
        told = answer.told
        errors = told.get("errors", ())
        self.refused_before[mode] += bool(errors) and not any("path" in error for error in errors)
        self.answered += bool(told.get("data"))


async def run(
    database_url: str, folder: Path, wanted: Sequence[tuple[Operation, int]], number: int, tally: Tally
) -> None:
    """Ask each operation so many documents of both kinds; a wrong one leaves no row behind."""
    async with entrance(database_url, folder) as door:
        ids = tuple(str(each) for each in await door.full.ids())
        for operation, count in wanted:
            for mode in BOTH:
                await ask(door, operation, mode, documents(operation, mode, ids, count, number), tally)
                if len(tally.problems) >= ENOUGH:
                    return


async def ask(door: Entrance, operation: Operation, mode: Mode, made: Sequence[str], tally: Tally) -> None:
    """Ask the documents."""
    people = list(door.actors.values())
    before = await rows() if mode is Mode.NEGATIVE else {}
    for index, document in enumerate(made):
        actor = people[index % len(people)]
        tally.add(mode, document, await door.ask(actor, json.dumps({"query": document}).encode()))
    if mode is Mode.NEGATIVE and (after := await rows()) != before:
        tally.problems.append(f"{operation.name}: wrong documents left rows: {before} and then {after}")
