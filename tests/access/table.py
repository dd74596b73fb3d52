"""Reading the access matrix: tests/access/matrix.txt, as people read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.access.land import COLUMNS

TABLE = Path(__file__).with_name("matrix.txt")
OPERATIONS = ("Query", "Mutation", "Subscription")
NOT_ASKED = "] not asked: "
WORDS = frozenset({"shown", "null", "empty", "gone", "sign", "deny", "may", "shut"})
NAME_CHARACTERS = 24  # of a row's name; the words follow

Row = Mapping[str, str]  # the word of each column


@dataclass
class Matrix:
    """`rows` by section and name of the row; `left_out` are sections that say why nobody is asked."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Every `Type.field` that has a row of its own."""
        whole = {name: list(rows) for name, rows in self.rows.items()} | self.left_out
        return {f"{section}.{row}" for section, rows in whole.items() for row in rows if ":" not in section + row}


def read(text: str) -> Matrix:
    """The matrix in the text; what stands before the columns is prose. Raises ValueError where it is none."""
    _, header, body = text.partition("\n" + " " * NAME_CHARACTERS + COLUMNS[0])
    columns, _, body = (header.strip() + body).partition("\n")
    if tuple(columns.split()) != COLUMNS:
        raise ValueError(f"the columns are {columns!r}")
    matrix = Matrix()
    section, is_asked = "", True
    for line in body.splitlines():
        if line.startswith("["):
            is_asked = NOT_ASKED not in line
            section = line[1 : line.index("]")]
            _new(matrix, section, is_asked=is_asked)
        elif line and is_asked:
            name, words = line[:NAME_CHARACTERS].strip(), line[NAME_CHARACTERS:].split()
            if name in matrix.rows[section]:
                raise ValueError(f"{section}.{name} has two rows")
            matrix.rows[section][name] = _row(f"{section}.{name}", words)
        elif line:
            matrix.left_out[section].append(line.strip())
    return matrix


def _new(matrix: Matrix, section: str, *, is_asked: bool) -> None:
    if section in matrix.rows or section in matrix.left_out:
        raise ValueError(f"[{section}] stands there twice")
    if is_asked:
        matrix.rows[section] = {}
    else:
        matrix.left_out[section] = []


def _row(name: str, words: list[str]) -> Row:
    if len(words) != len(COLUMNS) or not WORDS.issuperset(words):
        raise ValueError(f"{name} has {words}")
    return dict(zip(COLUMNS, words, strict=True))
