"""Thousands of random documents, answered by both executors; and proof that the comparison finds what is wrong."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from graphql import located_error

import execution.plan
import execution.run
import execution.source
from execution.argument import Arguments
from execution.place import Place
from execution.plan import Operation, Plan
from execution.template import Template
from execution.variable import Variables
from tests.execution import fuzz, real
from tests.execution.compare import difference
from tests.execution.document import Document

DOCUMENTS = 600
REAL_DOCUMENTS = 150
ENOUGH_FOR_A_BUG = 600
WHERE_BUGS_SHOW = 1_000  # documents from this seed on show each of them soon

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


async def test_random_documents_are_answered_alike() -> None:
    differences, how = await fuzz.run(DOCUMENTS)
    assert not differences, differences[0]
    assert how["compiled"] > DOCUMENTS * 0.8, how


async def test_random_documents_of_the_product_are_answered_alike() -> None:
    stock, compiled = real.pair()
    asked = 0
    for seed in range(REAL_DOCUMENTS):
        document = Document(stock._schema, seed)
        if real.invalid(stock, document.text):
            continue
        asked += 1
        found = await difference(stock, compiled, document.text, document.variables, partial(real.RealWorld, seed))
        assert found is None, f"{found}\n{document.text}\n{document.variables}"
    assert asked > REAL_DOCUMENTS * 0.8


def _skip_is_ignored(patch: pytest.MonkeyPatch) -> None:
    import graphql.execution.collect_fields as module

    real = module.collect_subfields

    def collect(*arguments: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(module, "should_include_node", lambda *_: True)
            return real(*arguments)

    patch.setattr(execution.plan, "collect_subfields", collect)


def _variants_share_a_plan(patch: pytest.MonkeyPatch) -> None:
    real = Operation.plan

    def plan(self: Operation, variables: Any) -> Any:
        return next(iter(self.variants.values()), None) or real(self, variables)

    patch.setattr(Operation, "plan", plan)


def _path_of_errors_lost(patch: pytest.MonkeyPatch) -> None:
    real = execution.run.failed

    def failed(raw: Exception, place: Place, parent: Any, key: Any, run: Any) -> None:
        real(raw, place, parent[0] if parent and parent[0] else parent, key, run)

    patch.setattr(execution.source, "failed", failed)


def _enum_by_value(patch: pytest.MonkeyPatch) -> None:
    def members(type_: Any) -> Any:
        return {m.name: str(m.value) for m in type_.wrapped_cls}

    patch.setattr(execution.source, "_members", members)


def _no_bubbling(patch: pytest.MonkeyPatch) -> None:
    real = execution.run.failed

    def failed(raw: Exception, place: Place, parent: Any, key: Any, run: Any) -> None:
        try:
            real(raw, place, parent, key, run)
        except Exception as error:
            run.errors.append(error)

    patch.setattr(execution.source, "failed", failed)


def _no_late_bubbling(patch: pytest.MonkeyPatch) -> None:
    def bubble(run: Any, raw: Exception, later: Any) -> None:
        run.add_error(located_error(raw, later.place.nodes, list(later.path())), later.path())

    patch.setattr(execution.run, "_bubble", bubble)


def _aliases_collide(patch: pytest.MonkeyPatch) -> None:
    real = Plan.collect

    def collect(self: Plan, type_: Any, details: Any) -> Any:
        merged: dict[str, Any] = {}
        for key, found in real(self, type_, details).items():
            merged.setdefault(found[0].node.name.value, (key, found))
        return dict(merged.values())

    patch.setattr(Plan, "collect", collect)


def _arguments_of_another_alias(patch: pytest.MonkeyPatch) -> None:
    real = Arguments.__init__

    def init(self: Arguments, number: int, field: Any, node: Any, strawberry: Any) -> None:
        real(self, 0, field, node, strawberry)

    patch.setattr(Arguments, "__init__", init)


def _items_may_be_null(patch: pytest.MonkeyPatch) -> None:
    real = Place.item

    def item(self: Place, type_: Any) -> Place:
        made = real(self, type_)
        made.nullable = True
        return made

    patch.setattr(Place, "item", item)


def _is_type_of_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(execution.source, "typed_body", lambda place, type_, body: body)


def _handlers_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(execution.source, "_handlers", lambda resolve: ())


def _numbers_have_no_bounds(patch: pytest.MonkeyPatch) -> None:
    from graphql import GraphQLInt

    patch.setitem(execution.source.CHECKS, GraphQLInt, "{v}.__class__ is not int")


def _mutations_at_once(patch: pytest.MonkeyPatch) -> None:
    async def at_once(self: Plan, run: Any) -> Any:
        for function in self._roots:
            self._start(run, function)
        await execution.run.settle(run)
        return run.result()

    patch.setattr(Plan, "_one_after_another", at_once)


def _templates_swap_variables(patch: pytest.MonkeyPatch) -> None:
    real = Template.fill

    def fill(self: Template, coerced: Any) -> Any:
        swapped = Template()
        swapped.constants, swapped.objects, swapped.made = self.constants, self.objects, self.made
        names = [variable for _, variable in self.variables]
        swapped.variables = [(name, names[-1 - at]) for at, (name, _) in enumerate(self.variables)]
        return real(swapped, coerced)

    patch.setattr(Template, "fill", fill)


def _templates_keep_the_first_values(patch: pytest.MonkeyPatch) -> None:
    real = Template.fill

    def fill(self: Template, coerced: Any) -> Any:
        self.constants.update(real(self, coerced) or {})
        self.variables, self.objects, self.made = [], [], []
        return dict(self.constants)

    patch.setattr(Template, "fill", fill)


def _arguments_stay_for_the_next_request(patch: pytest.MonkeyPatch) -> None:
    real, kept = Arguments.converted, {}

    def converted(self: Arguments, run: Any, place: Any, parent: Any) -> Any:
        if self not in kept:
            kept[self] = real(self, run, place, parent)
        return kept[self]

    patch.setattr(Arguments, "converted", converted)


def _known_variables_are_not_coerced(patch: pytest.MonkeyPatch) -> None:
    from graphql.execution.values import VariableValues

    def simple(self: Variables, inputs: Any) -> Any:
        return VariableValues({}, inputs) if inputs else None

    patch.setattr(Variables, "_simple", simple)


BUGS = (
    _skip_is_ignored, _variants_share_a_plan, _path_of_errors_lost, _enum_by_value, _no_bubbling, _no_late_bubbling,
    _aliases_collide, _arguments_of_another_alias, _items_may_be_null, _is_type_of_is_not_asked,
    _handlers_are_forgotten, _numbers_have_no_bounds, _mutations_at_once, _templates_swap_variables,
    _templates_keep_the_first_values, _arguments_stay_for_the_next_request, _known_variables_are_not_coerced,
)  # fmt: skip


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__.strip("_"))
async def test_a_planted_bug_is_found(
    bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    differences, _ = await fuzz.run(ENOUGH_FOR_A_BUG, WHERE_BUGS_SHOW, schema=fuzz.new_schema())
    assert differences
