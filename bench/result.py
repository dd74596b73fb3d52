"""What was found: rows of one shape, ratios to the limit of the same session, the file and the table in the docs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.load import Measured

FILE = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- {}: begin -->", "<!-- {}: end -->"  # around what is written into the page, by its name
LIMIT_OF = {"Q1": "limit", "Q2": "limit", "Q3": "limit", "M1": "limit"}
LIVE_LIMIT = "picows"
COLUMNS = (
    "work",
    "server",
    "at once",
    "rate/s",
    "of the limit",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "× the limit's",
    "errors",
    "bytes",
)

Key = tuple[str, str, int]  # server, work, concurrency


@dataclass(frozen=True, slots=True)
class Row:
    """One server at one work. `rate` is requests or deliveries a second, `cpu_us` the server's processor time for each
    of them, `bytes` the size of an answer (live-idle: the server's memory). None = does not apply."""

    server: str
    work: str
    concurrency: int
    rate: float | None
    p50_ms: float | None
    p99_ms: float | None
    cpu_us: float | None
    errors: int
    bytes: int
    ratio_rate: float | None = None
    ratio_cpu: float | None = None


def rows_of(rounds: Mapping[Key, Sequence[Measured]], sizes: Mapping[tuple[str, str], int]) -> list[Row]:
    """Medians over the rounds. Ratios are medians of each round's own ratio, so that a slow minute hits both sides."""
    rows = []
    for (server, work, concurrency), measured in rounds.items():
        limit = rounds.get((limit_of(work), work, concurrency), ())
        pairs = list(zip(measured, limit, strict=False))
        rows.append(
            Row(
                server, work, concurrency, middle([each.rate for each in measured]),
                middle([each.p50_ms for each in measured]), middle([each.p99_ms for each in measured]),
                middle([each.cpu_us for each in measured]), sum(each.errors for each in measured),
                sizes.get((server, work), 0), middle([one.rate / base.rate for one, base in pairs if base.rate]),
                middle([one.cpu_us / base.cpu_us for one, base in pairs if base.cpu_us]),
            )
        )  # fmt: skip
    return rows


def limit_of(work: str) -> str:
    """The server that is 1 in the ratios of a work."""
    return LIMIT_OF.get(work, LIVE_LIMIT)


def middle(values: Sequence[float]) -> float | None:
    """The median, if there is one."""
    return round(median(values), 4) if values else None


def write(session: Mapping[str, Any], rows: Sequence[Any], path: Path = FILE) -> None:
    """The session's file: `{"session": {…}, "rows": [{…}]}`."""
    told = {"session": dict(session), "rows": [asdict(row) for row in rows]}
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


def write_table(session: Mapping[str, Any], rows: Sequence[Row], page: Path = PAGE) -> None:
    """Put the bench's table into the page."""
    put("bench", table(session, rows), page)


def put(name: str, told: str, page: Path = PAGE) -> None:
    """Put the text between the markers of that name; whatever stands around them stays. A new page gets a heading."""
    begin, end = BEGIN.format(name), END.format(name)
    text = page.read_text() if page.exists() else f"# Performance\n\n{begin}\n{end}\n"
    if begin not in text or end not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n{told}\n{end}{after}")


def table(session: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The rows as Markdown, grouped by work, the limit first; below it the session, so that it can be repeated."""
    lines: list[Sequence[Any]] = []
    by_work: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_work[row.work].append(row)
    for work, found in by_work.items():
        found.sort(key=lambda row: (row.concurrency, row.server != limit_of(work), -(row.rate or 0)))
        lines += [_cells(row) for row in found]
    return markdown(session, COLUMNS, lines)


def markdown(session: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table of cells, and the session below it."""
    lines = [_line(columns), "|" + " --- |" * len(columns), *(_line(row) for row in rows)]
    facts = [f"{name}: {_told(value)}" for name, value in session.items()]
    return "\n".join([*lines, "", "Session: " + "; ".join(facts) + "."])


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def _cells(row: Row) -> tuple[Any, ...]:
    return (
        row.work, row.server, row.concurrency, number(row.rate, 0), number(row.ratio_rate, 2), number(row.p50_ms, 2),
        number(row.p99_ms, 2), number(row.cpu_us, 0), number(row.ratio_cpu, 2), row.errors, row.bytes,
    )  # fmt: skip


def number(value: float | None, digits: int) -> str:
    """A figure of the table."""
    return "–" if value is None else f"{value:.{digits}f}"
