"""Documents made of the schema, right ones and wrong ones, are answered or refused and never end in a bug.

All operations with 100 right and 100 wrong documents each are asked by `make fuzz-input`. Here each operation is asked
EACH of both kinds, and those of today's part of the operations MANY: after PARTS days all have been."""

from datetime import UTC, datetime
from pathlib import Path

from graphql import get_named_type, is_scalar_type, specified_scalar_types
from hypothesis_graphql import Mode

from tests.input.document import scalars
from tests.input.operation import client_schema, operations
from tests.input.run import Tally, run

EACH, MANY, PARTS = 4, 100, 39


def test_every_scalar_of_the_schema_has_values() -> None:
    own = {
        name
        for name, kind in client_schema().type_map.items()
        if is_scalar_type(kind) and name not in specified_scalar_types
    }
    assert set(scalars(("x",))) == own
    taken = {get_named_type(each.type).name for one in operations() for each in one.arguments.values()}
    assert taken & own >= {"UUID", "DateTime", "Date", "Time", "Cursor"} - {"Cursor"}


async def test_every_operation_answers_right_and_wrong_documents(clean: str, tmp_path: Path) -> None:
    today = datetime.now(UTC).date().toordinal()
    tally = Tally()
    wanted = [(one, MANY if index % PARTS == today % PARTS else EACH) for index, one in enumerate(operations())]
    await run(clean, tmp_path, wanted, today, tally)
    assert tally.problems == [], f"seed {today}"
    assert tally.asked[Mode.POSITIVE] > EACH * len(wanted) / 2 and tally.asked[Mode.NEGATIVE] > EACH * len(wanted) / 2
    assert tally.refused_before[Mode.NEGATIVE] == tally.asked[Mode.NEGATIVE], "a wrong document was executed"
