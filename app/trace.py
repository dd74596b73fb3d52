"""Which test proves which requirement: rows of docs/requirements.csv × marks in tests/."""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = ROOT / "docs" / "requirements.csv"


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
    """Each row with its tests; `-` where there is none yet."""
    found = proofs()
    for row, sentence in rows().items():
        yield f"{row:<6}{sentence}"
        yield from (f"        {test}" for test in found.get(row, ["-"]))
    proved = sum(row in found for row in rows())
    yield f"{proved} of {len(rows())} rows have a test"
