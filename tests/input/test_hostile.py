"""Hostile values in every argument of every operation: each a clear answer, none a bug, and nothing left behind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.input.door import Entrance, entrance, rows
from tests.input.hostile import KINDS, NUMBERS, STRINGS
from tests.input.operation import Operation, Place, as_body, operations

WORDS = [text for text in STRINGS.values() if len(text) < 10_000]
OTHER_TYPES = ("Int", "Float", "Boolean", "ID", "UUID", "DateTime", "Date", "Time", "Rupiah", "Cursor")
WRITTEN = {"login_attempt"}  # also of what is refused
EVERY = 3  # of the words a place of another type than text is asked with, beside all numbers and kinds


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def problems(door: Entrance, operation: Operation, place: Place, values: Sequence[Any]) -> list[str]:
    """Ask the operation with each value in that place."""
    actor, found, done = door.doer(operation), list[str](), 0
    before = await rows()
    for value in values:
        answer = await door.ask(actor, as_body(operation.document, operation.with_value(door.plain, place, value)))
        problem = answer.problem()
        done += problem is None and answer.is_done
        if problem:
            found.append(f"{operation.name} {place} {value!r:.80}: {problem}")
    after = await rows()
    changed = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
    if not done and changed.keys() - WRITTEN:
        found.append(f"{operation.name} {place}: refused, and left {changed}")
    return found


async def test_hostile_texts_in_every_text_argument(clean: str, tmp_path: Path) -> None:
    found, places = list[str](), 0
    async with entrance(clean, tmp_path) as door:
        for operation in operations():
            for place, _ in operation.places("String"):
                places += 1
                found += await problems(door, operation, place, list(STRINGS.values()))
    assert found == []
    assert places > 90
    assert files(tmp_path) == []


async def test_numbers_and_kinds_and_texts_in_every_other_argument(clean: str, tmp_path: Path) -> None:
    found, places = list[str](), 0
    async with entrance(clean, tmp_path) as door:
        for operation in operations():
            for place, _ in operation.places(*OTHER_TYPES):
                places += 1
                values = [*NUMBERS, *KINDS, *WORDS[places % EVERY :: EVERY]]
                found += await problems(door, operation, place, values)
            for place, _ in operation.places("String"):
                found += await problems(door, operation, place, KINDS)
    assert found == []
    assert places > 90
