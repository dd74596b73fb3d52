"""The promises the code makes about itself: size, names, total tables, snapshots, bounds.

Which layer may import which is a contract in pyproject.toml; `make check` asks import-linter about it. Constraints and
drift of the migrations are looked for in a real database by `make check`, too.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import services
from app.map import MACHINES
from app.map import lines as map_lines
from app.snapshot import MAP
from app.trace import PARTLY, proofs, rows
from domain.booking import BLOCKING, CANCEL_VERB
from domain.events import FOLDED, Event
from domain.machine import Machine
from domain.permissions import ALLOWED, STAFF_SEES, Can
from domain.task import Periodic, Timer
from models.constraint import CONSTRAINTS
from services.invariant import NOUNS
from services.work import USE_CASES
from workers.notification import TELLINGS
from workers.table import CLOCK, EVERY, JOBS, REACTIONS

ROOT = Path(__file__).parent.parent
FOLDERS = (
    "app", "domain", "execution", "integrations", "migrations", "models", "resolvers", "schema", "services",
    "subscriptions", "tests", "workers",
)  # fmt: skip
MAX_LINES = 400
MAX_FUNCTION_LINES = 60
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "handler", "data", "process", "misc"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """In the place of the suite's own: nothing here needs a database."""


@pytest.fixture(scope="module", autouse=True)
def _every_use_case() -> None:
    """Import all of services, so that USE_CASES is whole whoever runs alone."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        importlib.import_module(module.name)


@cache
def trees(folder: str) -> dict[Path, ast.Module]:
    """The syntax tree of each module of a folder, by its path below the root."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in paths}


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Calls of a method with one of the names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            yield node


# Size and names


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != "migrations"])
def test_every_module_is_short_and_says_what_it_is_about(folder: str) -> None:
    for path, tree in trees(folder).items():
        assert len((ROOT / path).read_text().splitlines()) < MAX_LINES, f"{path} is too long"
        assert ast.get_docstring(tree), f"{path} does not say what it is about"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_function_fits_on_a_screen(folder: str) -> None:
    """Stories excepted: a journey is read from its beginning to its end."""
    for path, tree in trees(folder).items():
        for function in functions(tree) if path.parts[:2] != ("tests", "stories") else ():
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            assert length < MAX_FUNCTION_LINES, f"{path}: {function.name} has {length} lines"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_has_a_name_that_says_nothing(folder: str) -> None:
    for path in trees(folder):
        assert not FORBIDDEN_NAMES & {part.lower() for part in (*path.parts[:-1], path.stem)}, path


def test_rules_wait_for_nothing() -> None:
    for path, tree in trees("domain").items():
        assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree)), path


# One verb, all the way through


def test_each_thing_one_can_do_has_one_use_case_and_one_row_of_permission() -> None:
    assert set(USE_CASES) == set(Can)  # use_case() itself refuses a second one
    assert set(ALLOWED) == set(Can)


def use_cases() -> Iterator[tuple[Path, Function, ast.Call]]:
    """Every decorated use case with its decorator."""
    for path, tree in trees("services").items():
        for function in functions(tree):
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "use_case":
                    yield path, function, mark


def test_use_cases_share_steps_and_do_not_call_each_other() -> None:
    names = {function.name for _, function, _ in use_cases()}
    for path, function, _ in use_cases():
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
            gives_actor = ast.unparse(call.args[0]) in {"work.actor", "SYSTEM"}
            assert not (gives_actor and called in names), f"{path}: {function.name} calls {called}"


def test_whatever_works_in_a_transaction_takes_the_time_from_it() -> None:
    for path, tree in trees("services").items():
        for function in functions(tree):
            if function.args.args and function.args.args[0].arg == "work":
                assert "datetime.now" not in ast.unparse(function), f"{path}: {function.name} reads the clock"


# Machines and events


def performed(machine: str) -> set[str]:
    """Verbs that some `work.move(row, <machine>, verb)` in services does: its third argument, followed to its text."""
    return {
        verb
        for tree in trees("services").values()
        for function in functions(tree)
        for call in calls(function, "move")
        if ast.unparse(call.func) == "work.move" and ast.unparse(call.args[1]) == machine
        for verb in texts(call.args[2], function, tree)
    }


def texts(value: ast.expr, function: Function, tree: ast.Module) -> set[str]:
    """What an expression of ours can be: a text, a choice, a row of CANCEL_VERB, a variable or a parameter."""
    match value:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=yes, orelse=no):
            return texts(yes, function, tree) | texts(no, function, tree)
        case ast.Subscript(value=ast.Name(id="CANCEL_VERB")):
            return set(CANCEL_VERB.values())
        case ast.Name(id=name):
            set_here = [node.value for node in ast.walk(function) if _sets(node, name) and isinstance(node, ast.Assign)]
            given = [call.args[at] for at, call in _given(name, function, tree)]
            return {text for each in (*set_here, *given) for text in texts(each, function, tree)}
    raise AssertionError(f"{function.name}: which verb is {ast.unparse(value)}?")


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets)


def _given(name: str, function: Function, tree: ast.Module) -> Iterator[tuple[int, ast.Call]]:
    """Calls of the function in its module, with the place of that parameter."""
    parameters = [parameter.arg for parameter in function.args.args]
    if name in parameters:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == function.name:
                yield parameters.index(name), node


@pytest.mark.parametrize("noun", sorted(MACHINES))
def test_each_verb_of_a_machine_is_performed_by_a_use_case(noun: str) -> None:
    assert performed(noun.upper()) == set(MACHINES[noun].moves)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())
def test_each_state_but_the_start_is_the_target_of_a_move(machine: Machine[Any]) -> None:
    assert {move.target for move in machine.moves.values()} >= set(machine.start.__class__.__members__.values()) - {
        machine.start
    }


def leaves() -> set[type[Event]]:
    return set(Event.named.values())


def test_each_event_has_a_row_of_reactions() -> None:
    assert set(REACTIONS) == leaves()


def test_each_event_happens_somewhere() -> None:
    noted = {machine.born for machine in MACHINES.values()}
    noted |= {move.event for machine in MACHINES.values() for move in machine.moves.values()}
    named = {
        ast.unparse(call.args[1]).rpartition(".")[2]
        for tree in trees("services").values()
        for call in calls(tree, "note", "born", "change")
        if ast.unparse(call.func).startswith("work.")
    }
    assert {event.__name__ for event in leaves() - noted} <= named


def test_each_folded_field_is_a_column() -> None:
    assert set(FOLDED) == set(NOUNS)
    for noun, names in FOLDED.items():
        assert set(names) <= set(NOUNS[noun]._meta.fields_map), noun


# What follows, and when


def test_each_timer_and_each_period_has_a_job() -> None:
    assert set(CLOCK) == set(Timer)
    assert set(EVERY) == set(Periodic)


def test_no_two_jobs_have_one_name() -> None:
    reactions = {job for jobs in REACTIONS.values() for job in jobs}
    names = ["react", *(job.__name__ for job in reactions), *(each.value for each in (*Timer, *Periodic))]
    assert sorted(names) == sorted(JOBS)


def test_each_row_of_tellings_follows_some_event() -> None:
    assert {job.__name__ for jobs in REACTIONS.values() for job in jobs} >= set(TELLINGS)


# Who sees what


def test_the_nouns_that_staff_see_are_those_that_tables_ask_about() -> None:
    asked = {
        ast.literal_eval(call.args[0])
        for tree in trees("models").values()
        for function in functions(tree)
        if function.name == "seen_by"
        for call in calls(function, "sees_all")
    }
    assert asked == set(STAFF_SEES)


# What PostgreSQL keeps


def test_the_constraint_against_double_booking_names_the_blocking_states() -> None:
    texts_of = [path.read_text() for path in sorted((ROOT / "migrations").glob("0*.py"))]
    last = [text for text in texts_of if "ADD CONSTRAINT booking_no_overlap" in text][-1]
    states = re.search(r"booking_no_overlap.*?state IN \(([^)]*)\)", last, re.DOTALL)
    assert states is not None
    assert set(re.findall(r"'(\w+)'", states[1])) == {state.value for state in BLOCKING}


def test_each_constraint_of_the_list_is_made_by_a_migration() -> None:
    written = "".join(path.read_text() for path in (ROOT / "migrations").glob("0*.py"))
    assert [name for name in CONSTRAINTS if name not in written] == []


# The map


def test_the_committed_map_is_what_the_code_says() -> None:
    assert MAP.read_text() == "\n".join(map_lines()) + "\n", "`make map`"


# What is proved


def test_tests_prove_rows_that_exist() -> None:
    assert set(proofs()) <= set(rows())


def test_rows_that_are_proved_in_part_have_a_test() -> None:
    assert set(PARTLY) <= set(proofs())
