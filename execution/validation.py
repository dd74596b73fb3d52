"""Finds valid documents valid, sooner than graphql-core: by the same rules, which are asked only where they look.

Only that a document is valid is said here. Whatever is wrong, odd or not known is left to graphql-core, which looks at
the document anew and words the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    SKIP,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    ValidationContext,
    Visitor,
    specified_rules,
)
from graphql.pyutils import RefMap
from graphql.type import assert_valid_schema
from graphql.validation import OverlappingFieldsCanBeMergedRule, UniqueDirectivesPerLocationRule
from graphql.validation.validate import FragmentNestingVisitor, query_document_keys_to_validate
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

KNOWN = tuple(specified_rules)  # what every schema is given that asks for nothing else
RULES: tuple[Any, ...] = (
    *KNOWN,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)  # as Strawberry's validate_document
MAX_COMPARED = 50_000  # a tenth of what graphql-core bears: it alone judges what is heavier, so not twice
MAX_KINDS = 1_000  # of nodes (some 60), for three sets of rules
NAMES = ("name", "alias")  # parts of a node that no rule enters
KEYS = {kind: tuple(key for key in keys if key not in NAMES) for kind, keys in query_document_keys_to_validate.items()}
WITH_DIRECTIVES = frozenset(kind for kind, keys in KEYS.items() if "directives" in keys)

Handlers = list[tuple[int, str]]  # number of the visitor, name of its method


class _Doubt(Exception):
    """The document may be wrong."""


def is_valid(schema: GraphQLSchema, document: DocumentNode, rules: Sequence[Any]) -> bool:
    """Whether the document is surely valid by these rules; if not, graphql-core has to be asked."""
    if rules != KNOWN:
        return False
    try:
        assert_valid_schema(schema)
        context = _Context(schema, document)
        visitors: list[Any] = [rule(context) for rule in RULES]
        for visitor in visitors:
            if isinstance(visitor, OverlappingFieldsCanBeMergedRule):
                visitor.rule_context.remaining_complexity_budget = MAX_COMPARED
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        if fragments:
            visitors.insert(0, FragmentNestingVisitor(fragments))
        _Walk(context.type_info, visitors).visit(document, None, None)
    except Exception:  # what a rule raises is graphql-core's matter, too
        return False
    return True


def _doubt(error: GraphQLError) -> None:
    raise _Doubt


class _Context(ValidationContext):
    """What the rules ask. Nodes are known by identity: their hash is one of everything below them."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.type_info = TypeInfo(schema)
        super().__init__(schema, document, self.type_info, _doubt)
        self._fragment_spreads: Any = RefMap()
        self._variable_usages: Any = RefMap()
        self._recursive_variable_usages: Any = RefMap()

    def get_variable_usages(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> list[VariableUsage]:
        """The variables used in the definition itself."""
        usages: list[VariableUsage] | None = self._variable_usages.get(node)
        if usages is None:
            visitor = VariableUsageVisitor(self.type_info, node if isinstance(node, FragmentDefinitionNode) else None)
            _WalkToVariables(self.type_info, [visitor]).visit(node, None, None)
            usages = self._variable_usages[node] = visitor.usages
        return usages


class _Walk:
    """Visitors that go through a tree side by side, as graphql-core's ParallelVisitor inside of its TypeInfoVisitor."""

    def __init__(self, type_info: TypeInfo, visitors: Sequence[Visitor]) -> None:
        self._type_info = type_info
        self._visitors = visitors
        self._steps: dict[str, _Step] = {}
        self._ancestors: list[Any] = []
        self._skipping: set[int] = set()  # visitors that do not look below the node which they skipped

    def visit(self, node: Node, key: Any, parent: Any) -> None:
        """The node, and everything below it that anybody looks at."""
        step = self._steps.get(node.kind) or self._step(node.kind)
        if step.type_enter is not None:
            step.type_enter(node)
        skipping, skipped = self._skipping, []
        for number, enter in step.enters:
            if number not in skipping and _is_skip(enter(node, key, parent, None, self._ancestors)):
                skipping.add(number)
                skipped.append(number)
        if step.keys:
            self._below(node, step.keys, parent)
        for number, leave in step.leaves:
            if number not in skipping:
                _is_skip(leave(node, key, parent, None, self._ancestors))
        if skipped:
            skipping.difference_update(skipped)
        if step.type_leave is not None:
            step.type_leave()

    def _below(self, node: Node, keys: tuple[str, ...], parent: Any) -> None:
        ancestors = self._ancestors
        if parent is not None:
            ancestors.append(parent)
        for key in keys:
            child = getattr(node, key, None)
            if not child:
                continue
            if child.__class__ is tuple:
                ancestors.append(node)
                for index, each in enumerate(child):
                    self.visit(each, index, child)
                ancestors.pop()
            else:
                self.visit(child, key, node)
        if parent is not None:
            ancestors.pop()

    def _step(self, kind: str) -> _Step:
        step = self._steps[kind] = _Step(kind, self._type_info, self._visitors)
        return step


class _WalkToVariables(_Walk):
    """Leaves out fields in which there can be none."""

    def visit(self, node: Node, key: Any, parent: Any) -> None:
        if not isinstance(node, FieldNode) or node.arguments or node.directives or node.selection_set:
            super().visit(node, key, parent)


class _Step:
    """What is done at nodes of one kind."""

    __slots__ = ("enters", "keys", "leaves", "type_enter", "type_leave")

    def __init__(self, kind: str, type_info: TypeInfo, visitors: Sequence[Visitor]) -> None:
        self.type_enter: Callable[[Node], None] | None = getattr(type_info, f"enter_{kind}", None)
        self.type_leave: Callable[[], None] | None = getattr(type_info, f"leave_{kind}", None)
        enters, leaves = _handlers(tuple([type(visitor) for visitor in visitors]), kind)
        self.enters = [(number, getattr(visitors[number], name)) for number, name in enters]
        self.leaves = [(number, getattr(visitors[number], name)) for number, name in leaves]
        self.keys = KEYS.get(kind, ())


def _is_skip(answer: Any) -> bool:
    """Whether a visitor does not want to look below the node. Known rules neither break off nor edit."""
    if answer is None:
        return False
    if answer is not SKIP and answer is not False:
        raise _Doubt
    return True


@lru_cache(MAX_KINDS)
def _handlers(rules: tuple[type[Visitor], ...], kind: str) -> tuple[Handlers, Handlers]:
    """Which of the rules enter and leave nodes of this kind, and by which method."""
    # It would enter every node, to look whether there are directives.
    asked = [(number, rule) for number, rule in enumerate(rules)
             if rule is not UniqueDirectivesPerLocationRule or kind in WITH_DIRECTIVES]  # fmt: skip
    enters, leaves = [
        [(number, name) for number, rule in asked if (name := _method(rule, way, kind))] for way in ("enter", "leave")
    ]
    return enters, leaves


def _method(rule: type[Visitor], way: str, kind: str) -> str | None:
    return next((name for name in (f"{way}_{kind}", way) if getattr(rule, name, None)), None)
