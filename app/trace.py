"""Which test proves which requirement: rows of docs/requirements.csv × marks in tests/."""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = ROOT / "docs" / "requirements.csv"

# The letter of a row's id names its area.
AREAS: Mapping[str, str] = {
    "P": "recruiting and verifying partners",
    "O": "onboarding partners",
    "Q": "quality of service and the live job",
    "R": "reviews, coaching and recognition",
    "M": "commission, payouts and partner support",
    "S": "orders, payment and their status",
    "H": "shipping",
    "C": "customer service and complaints",
    "X": "complaints about a client's product",
    "D": "the damaged product, a worked example",
    "K": "evaluation and figures",
    "G": "procedures as controlled records",
    "T": "teams and responsibilities",
    "Z": "the technical shape",
}
# Rows whose tests prove less than the whole sentence, because the rest of it is about something not built yet.
# A row leaves this table in the change that proves its rest.
PARTLY: Mapping[str, str] = {
    "O-03": "the commission of each price; training and payout dates come with onboarding and payouts",
    "M-01": "price, rate, amount and net of a booking; commission rates per partner come with money",
    "Z-01": "partners and bookings; reviews and tickets come with their own nouns",
    "Z-02": "bookings and photo updates; orders come with the shop",
    "Z-04": "role-scoped tokens and GraphiQL; introspection by role comes with operations",
}


def rows() -> dict[str, str]:
    """Requirement id -> one sentence."""
    with ROWS.open(newline="") as file:
        return {row["id"]: row["requirement"] for row in csv.DictReader(file)}


def proofs() -> dict[str, list[str]]:
    """Requirement id -> names of the tests marked `@pytest.mark.proves(id, …)`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for row in _marks(node):
                    found[row].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def _marks(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.proves":
            yield from (str(ast.literal_eval(argument)) for argument in mark.args)


def lines() -> Iterator[str]:
    """Each row that has a test with its tests; then, by area, the rows that wait for one."""
    found, sentences = proofs(), rows()
    for row, sentence in sentences.items():
        if row in found:
            yield f"{row:<6}{sentence}"
            if row in PARTLY:
                yield f"      partly: {PARTLY[row]}"
            yield from (f"        {test}" for test in found[row])
    yield ""
    yield "NO TEST YET"
    for letter, waiting in groupby((row for row in sentences if row not in found), key=lambda row: row[0]):
        yield f"  {AREAS[letter]}: {', '.join(waiting)}"
    proved = [row for row in sentences if row in found]
    yield ""
    partly = sum(row in PARTLY for row in proved)
    yield f"{len(proved)} of {len(sentences)} rows have a test; {partly} of them are proved in part"
