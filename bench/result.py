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
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
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
                server, work, concurrency, _middle([each.rate for each in measured]),
                _middle([each.p50_ms for each in measured]), _middle([each.p99_ms for each in measured]),
                _middle([each.cpu_us for each in measured]), sum(each.errors for each in measured),
                sizes.get((server, work), 0), _middle([one.rate / base.rate for one, base in pairs if base.rate]),
                _middle([one.cpu_us / base.cpu_us for one, base in pairs if base.cpu_us]),
            )
        )  # fmt: skip
    return rows


def limit_of(work: str) -> str:
    """The server that is 1 in the ratios of a work."""
    return LIMIT_OF.get(work, LIVE_LIMIT)


def _middle(values: Sequence[float]) -> float | None:
    return round(median(values), 4) if values else None


def write(session: Mapping[str, Any], rows: Sequence[Row], path: Path = FILE) -> None:
    """The session's file: `{"session": {…}, "rows": [{…}]}`."""
    told = {"session": dict(session), "rows": [asdict(row) for row in rows]}
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


def write_table(session: Mapping[str, Any], rows: Sequence[Row], page: Path = PAGE) -> None:
    """Put the table between the markers of the page; whatever stands around them stays. A new page gets a heading."""
    text = page.read_text() if page.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    if BEGIN not in text or END not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n{table(session, rows)}\n{END}{after}")


def table(session: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """The rows as Markdown, grouped by work, the limit first; below it the session, so that it can be repeated."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    by_work: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_work[row.work].append(row)
    for work, found in by_work.items():
        found.sort(key=lambda row: (row.concurrency, row.server != limit_of(work), -(row.rate or 0)))
        lines += [_line(row) for row in found]
    facts = [f"{name}: {_told(value)}" for name, value in session.items()]
    return "\n".join([*lines, "", "Session: " + "; ".join(facts) + "."])


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def _line(row: Row) -> str:
    cells = (
        row.work, row.server, row.concurrency, _number(row.rate, 0), _number(row.ratio_rate, 2), _number(row.p50_ms, 2),
        _number(row.p99_ms, 2), _number(row.cpu_us, 0), _number(row.ratio_cpu, 2), row.errors, row.bytes,
    )  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
