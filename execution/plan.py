"""A compiled operation: made once for a document, an operation name and the variables that decide what is selected."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_operation_ast,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.graphql import OperationType as OperationKind

from execution.cache import Bounded
from execution.place import Body
from execution.run import Run, settle
from execution.source import MAX_FIELDS, Unproven, Writer
from execution.variable import Variables

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from strawberry.schema import Schema

CHARACTERS_A_FIELD = 10  # a compiled field takes some 2 kB
MAX_VARIANTS = 16  # of one operation: values of its @skip and @include variables
DECIDING = ("skip", "include")


class Operation:
    """One operation of a document, with the plans of its variants. `reason` says why it has none."""

    def __init__(self, schema: Schema, document: DocumentNode, operation_name: str | None) -> None:
        self.schema = schema
        self.document = document
        self.reason: str | None = None
        self.variants: Bounded[tuple[bool, ...], Plan] = Bounded(MAX_VARIANTS)
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            self.reason = "no such operation"
            return
        self.node = operation
        self.variables = Variables(schema._schema, operation)
        try:
            self.flags = sorted(_flags(document))
        except Unproven as why:
            self.reason = str(why)

    def plan(self, variables: VariableValues) -> Plan | None:
        """The plan for these values; None where the stock executor has to answer."""
        if self.reason is not None:
            return None
        values = self._deciding(variables.coerced) if self.flags else ()
        if values is None:
            return None
        plan = self.variants.get(values)
        if plan is None:
            plan = self._compile(variables)
            if plan is not None:
                self.variants.put(values, plan)
        return plan

    def _deciding(self, coerced: dict[str, Any]) -> tuple[bool, ...] | None:
        """The values of the flags; None if one has none."""
        values = tuple([coerced.get(flag) for flag in self.flags])
        return values if all(value is True or value is False for value in values) else None  # type: ignore[return-value]

    def weight(self, characters: int) -> int:
        """What keeping it costs, in characters of a document (some 200 bytes of syntax tree each)."""
        return characters + CHARACTERS_A_FIELD * sum(plan.fields for plan in self.variants.values())

    def _compile(self, variables: VariableValues) -> Plan | None:
        flags = {flag: variables.coerced[flag] for flag in self.flags}
        sources = {flag: variables.sources[flag] for flag in self.flags}
        try:
            return Plan(self.schema, self.document, self.node, VariableValues(sources, flags))
        except Unproven as why:
            self.reason = str(why)
        except (GraphQLError, RecursionError) as error:
            self.reason = f"not compiled: {error}"
        return None


class Plan:
    """Functions that execute one variant of an operation. It knows no viewer and no argument of a request."""

    def __init__(
        self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, flags: VariableValues
    ) -> None:
        self.schema = schema._schema
        self.operation = operation
        self.kind = OperationKind(operation.operation.value)
        self.config = schema.config
        self.info_class = schema.config.info_class
        self.scalar_registry = schema.schema_converter.scalar_registry
        self.fragment_definitions: dict[str, FragmentDefinitionNode] = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.fragments = {name: FragmentDetails(node) for name, node in self.fragment_definitions.items()}
        self.is_serial = operation.operation is OperationType.MUTATION
        self.flags = flags
        self._numbers = 0
        self.fields = 0
        self.asks_viewer = False  # whether anybody's code is handed an info, through which it could see the context
        self._document = document
        self._roots: list[Body] = []
        self._alone: Callable[[Any, Any, Run], Awaitable[dict[str, Any]]] | None = None
        self._writer = self._write()

    def _write(self) -> Writer:
        root = self.schema.get_root_type(self.operation.operation)
        if root is None:
            raise Unproven("no such root type")
        grouped, deferred, _ = collect_fields(self.schema, self.fragments, self.flags, root, self.operation)
        if deferred:
            raise Unproven("@defer")
        writer = Writer(self)
        parts = [{key: details} for key, details in grouped.items()] if self.is_serial else [dict(grouped)]
        alone = None if self.is_serial else writer.alone(root, dict(grouped))
        functions = [] if alone is not None else [writer.object(root, part) for part in parts]
        writer.finish()
        self._alone = writer.names[alone] if alone is not None else None
        self._roots = [writer.names[function] for function in functions]
        return writer

    @property
    def source(self) -> str:
        """The code, also of what is not made yet."""
        return self._writer.source()

    @cached_property
    def used(self) -> frozenset[str]:
        """Variables that an answer can depend on."""
        root = self.schema.get_root_type(self.operation.operation)
        assert root is not None  # there is a plan
        grouped = collect_fields(self.schema, self.fragments, self.flags, root, self.operation).grouped_field_set
        return frozenset(_used(self._document, self.operation, _asked_with(self.operation, grouped)))

    def count(self) -> int:
        """A number of its own for a name in the code."""
        self._numbers += 1
        return self._numbers

    def collect(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> dict[str, list[FieldDetails]]:
        """What is asked of an object of that type at that place, as graphql-core collects it."""
        collected = collect_subfields(self.schema, self.fragments, self.flags, self.operation, type_, details)
        self.fields += len(collected.grouped_field_set)
        if self.fields > MAX_FIELDS:
            raise Unproven(f"more than {MAX_FIELDS} fields")
        return collected.grouped_field_set

    def execute(
        self, variables: VariableValues, context: Any, root: Any, extensions: Any
    ) -> ExecutionResult | Awaitable[ExecutionResult]:
        """The result, or what to await for it if any resolver is asynchronous. Raises nothing but cancellation."""
        run = Run(self, variables, context, root, extensions)
        if self._alone is not None:
            return self._await_alone(run, self._alone)
        if self.is_serial:
            return self._one_after_another(run)
        if not self._start(run, self._roots[0]):
            return run.result()
        return _finished(run)

    def _start(self, run: Run, function: Body) -> bool:
        """Run the synchronous part of root fields; whether anything is awaited now."""
        try:
            part = function(run.root, None, run)
        except GraphQLError as error:
            run.orphan(())
            run.add_error(error, ())
            run.data = None
        else:
            assert run.data is not None
            run.data.update(part)
            for later in run.waiting:
                if later.into is part:
                    later.into = run.data
        return bool(run.waiting or run.orphans)

    async def _await_alone(self, run: Run, function: Callable[[Any, Any, Run], Awaitable[Any]]) -> ExecutionResult:
        try:
            run.data = await function(run.root, None, run)
        except GraphQLError as error:
            run.orphan(())
            run.add_error(error, ())
            run.data = None
        if run.waiting or run.orphans:
            await settle(run)
        return run.result()

    async def _one_after_another(self, run: Run) -> ExecutionResult:
        for function in self._roots:
            if self._start(run, function):
                await settle(run)
            if run.data is None:
                break
        return run.result()


async def _finished(run: Run) -> ExecutionResult:
    await settle(run)
    return run.result()


def _asked_with(operation: OperationDefinitionNode, grouped: dict[str, list[FieldDetails]]) -> list[FieldNode]:
    """The nodes whose arguments only make a subscription's source: nothing asks for them when an event is answered."""
    if operation.operation is not OperationType.SUBSCRIPTION:
        return []
    return [detail.node for details in grouped.values() for detail in details]


def _used(document: DocumentNode, operation: OperationDefinitionNode, asked_with: list[FieldNode]) -> set[str]:
    """Names of the variables in the operation and in all fragments, but for the arguments of those nodes."""
    used: set[str] = set()
    sources = {id(node) for node in asked_with}
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    waiting: list[Node] = [operation.selection_set, *fragments]
    while waiting:  # a document is a finite tree
        node = waiting.pop()
        if isinstance(node, VariableNode):
            used.add(node.name.value)
        for key in node.keys:
            if key == "arguments" and id(node) in sources:
                continue
            value = getattr(node, key, None)
            waiting += [
                each for each in (value if isinstance(value, list | tuple) else [value]) if isinstance(each, Node)
            ]
    return used


def _flags(document: DocumentNode) -> set[str]:
    """Variables in @skip and @include; raises Unproven for any other directive and for variables of fragments."""
    flags: set[str] = set()
    waiting: list[Any] = list(document.definitions)
    while waiting:  # a document is a finite tree
        node = waiting.pop()
        if not isinstance(
            node, OperationDefinitionNode | FragmentDefinitionNode | FieldNode | InlineFragmentNode | FragmentSpreadNode
        ):
            raise Unproven("definitions of a schema")
        if isinstance(node, FragmentDefinitionNode) and node.variable_definitions:
            raise Unproven("variables of a fragment")
        for directive in node.directives or ():
            if directive.name.value not in DECIDING:
                raise Unproven(f"@{directive.name.value}")
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    flags.add(argument.value.name.value)
        selection_set = getattr(node, "selection_set", None)
        waiting += selection_set.selections if selection_set else ()
    return flags
