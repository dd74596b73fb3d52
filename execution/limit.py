"""How much one document may ask for, and what it costs. The numbers come from whoever makes the schema.

Four looks, each before the work that it bounds: the text's length before it is parsed, its tokens while it is parsed,
its shape before it is validated, and its cost before it is executed. Fragments count wherever they are spread. What a
document costs is known once it is valid; only page sizes that come as variables are looked at for each request.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

OBJECT_POINTS, SCALAR_POINTS = 2, 1
META = frozenset({"__schema", "__type"})
TOO_MANY_TOKENS = "tokens. Parsing aborted."
NESTED_TOO_DEEPLY = "nested too deeply. Parsing aborted."


class Exceeded(Exception):
    """A limit is passed: its name as a code, its number, and what else the client should know."""

    def __init__(self, code: str, limit: int, **facts: object) -> None:
        self.code, self.limit, self.facts = code, limit, facts
        super().__init__(f"{code}: at most {limit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers. Depth is in fields; `once` names root fields of which one operation may have one, whatever their
    aliases; `pages` names arguments that say how long a page is; `sizes` says how long other lists ("Type.field") are.
    """

    characters: int = 15_000
    tokens: int = 1_000
    depth: int = 8
    introspection_depth: int = 15  # tools ask for types of types; graphql-core bounds how often
    aliases: int = 15
    directives: int = 10
    selections: int = 500  # fields, spreads and inline fragments, after fragments were spread
    fragment_depth: int = 20  # fragments in fragments, named or inline
    repeats: int = 10  # of one field in one selection
    once: frozenset[str] = frozenset()
    pages: tuple[str, ...] = ("first",)
    page_size: int = 20  # where neither document nor schema says
    list_size: int = 4  # as a row has in the usual case; longer ones are named in `sizes`
    sizes: Mapping[str, int] = field(default_factory=dict)

    def check_text(self, text: str) -> None:
        """Before anything is done with it."""
        if len(text) > self.characters:
            raise Exceeded("TOO_MANY_CHARACTERS", self.characters)

    @property
    def parse_options(self) -> dict[str, Any]:
        """What the parser is asked to keep to; comments are tokens too."""
        return {"max_tokens": self.tokens}

    def named(self, error: GraphQLError) -> Exceeded | None:
        """The limit that the parser met, if it was one."""
        if not isinstance(error, GraphQLSyntaxError):
            return None
        if error.message.endswith(TOO_MANY_TOKENS):
            return Exceeded("TOO_MANY_TOKENS", self.tokens)
        return Exceeded("TOO_DEEP", self.depth) if error.message.endswith(NESTED_TOO_DEEPLY) else None

    def check_document(self, document: DocumentNode) -> None:
        """What is asked for, of any document that can be parsed, valid or not. Raises Exceeded."""
        fragments = _fragments(document)
        reached: set[str] = set()
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                count = _Count(self, fragments)
                count.definition(node)
                reached |= count.reached
        for name, node in fragments.items():
            if name not in reached:
                _Count(self, fragments).definition(node)

    def costs(self, schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, Cost]:
        """What each operation of a valid document costs, by its name."""
        fragments = _fragments(document)
        return {
            node.name.value if node.name else None: _Price(self, schema, fragments, node).cost()
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }


class Gate(Protocol):
    """Who may ask how much. `context` is a request's."""

    def lets(self, context: Any, points: int, introspects: bool) -> bool:
        """Whether it may be executed at once. When not, `check` says why, or lets it pass after all."""

    async def check(self, context: Any, points: int, introspects: bool) -> None:
        """Raises Exceeded."""

    async def check_new(self, context: Any) -> None:
        """Before a document that was not found valid before is parsed and validated. Raises Exceeded."""


class Cost:
    """Points of one operation: a sum, and products of page sizes that variables give."""

    __slots__ = ("_fallbacks", "_terms", "introspects", "points")

    def __init__(
        self, points: int, terms: list[tuple[int, tuple[str, ...]]], fallbacks: dict[str, int], introspects: bool
    ) -> None:
        self.points, self._terms, self._fallbacks, self.introspects = points, terms, fallbacks, introspects

    def of(self, variables: Mapping[str, Any] | None) -> int:
        """The points with these variables, as they were sent."""
        if not self._terms:
            return self.points
        total = self.points
        for points, names in self._terms:
            for name in names:
                points *= self._size(name, variables)
            total += points
        return total

    def _size(self, name: str, variables: Mapping[str, Any] | None) -> int:
        """A size that no resolver takes costs like one that it does: a negative one makes nothing cheaper."""
        given = variables.get(name) if variables else None
        if isinstance(given, float) and math.isfinite(given):
            given = int(given)  # 100.0 is an Int to GraphQL
        return max(given if isinstance(given, int) else self._fallbacks[name], 1)


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}


class _Count:
    """Counts one operation, every fragment where it is spread. Ends at the first number that is too high."""

    def __init__(self, limits: Limits, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._limits, self._fragments = limits, fragments
        self._aliases = self._directives = self._selections = self._once = 0
        self.reached: set[str] = set()

    def definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        """All of it. Raises Exceeded."""
        self._add_directives(node)
        for variable in node.variable_definitions or ():
            self._add_directives(variable)
        self._inside(node.selection_set, 1, self._limits.depth, "", Counter(), ())

    def _inside(
        self,
        selections: SelectionSetNode,
        depth: int,
        deepest: int,
        kind: str,
        seen: Counter[Any],
        around: tuple[str, ...],
    ) -> None:
        """`kind` is the type condition, `seen` what the same selection holds, `around` the fragments it stands in."""
        for node in selections.selections:
            self._selections += 1
            if self._selections > self._limits.selections:
                raise Exceeded("TOO_MANY_SELECTIONS", self._limits.selections)
            if len(around) > self._limits.fragment_depth:
                raise Exceeded("TOO_MANY_FRAGMENTS", self._limits.fragment_depth)
            self._add_directives(node)
            if isinstance(node, FieldNode):
                self._field(node, depth, deepest, kind, seen, around)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                fragment = self._fragments.get(name)
                if fragment is None or name in around:  # validation says so
                    continue
                self.reached.add(name)
                self._add_directives(fragment)
                on = fragment.type_condition.name.value
                self._inside(fragment.selection_set, depth, deepest, on, seen, (*around, name))
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition.name.value if node.type_condition else kind
                self._inside(node.selection_set, depth, deepest, on, seen, (*around, ""))

    def _field(
        self, node: FieldNode, depth: int, deepest: int, kind: str, seen: Counter[Any], around: tuple[str, ...]
    ) -> None:
        limits, name = self._limits, node.name.value
        if depth == 1 and name in META:
            deepest = limits.introspection_depth
        if depth > deepest:
            raise Exceeded("TOO_DEEP", deepest)
        if node.alias is not None:
            self._aliases += 1
            if self._aliases > limits.aliases:
                raise Exceeded("TOO_MANY_ALIASES", limits.aliases)
        if depth == 1 and name in limits.once:
            self._once += 1
            if self._once > 1:
                raise Exceeded("ONCE_A_REQUEST", 1, field=name)
        key = (kind, (node.alias or node.name).value)
        seen[key] += 1
        if seen[key] > limits.repeats:
            raise Exceeded("TOO_MANY_REPEATS", limits.repeats)
        if node.selection_set is not None:
            self._inside(node.selection_set, depth + 1, deepest, "", Counter(), around)

    def _add_directives(self, node: Any) -> None:
        if node.directives:
            self._directives += len(node.directives)
            if self._directives > self._limits.directives:
                raise Exceeded("TOO_MANY_DIRECTIVES", self._limits.directives)


class _Times(NamedTuple):
    """How often something is answered: a number, and variables that it is multiplied by."""

    number: int
    names: tuple[str, ...] = ()

    def by(self, other: _Times) -> _Times:
        return _Times(self.number * other.number, (*self.names, *other.names))


class _Price:
    """Adds up one operation of a valid document."""

    def __init__(
        self, limits: Limits, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
    ) -> None:  # fmt: skip
        self._limits, self._schema, self._fragments, self._operation = limits, schema, fragments, operation
        self._points: Counter[tuple[str, ...]] = Counter()
        self._fallbacks: dict[str, int] = {}
        self._introspects = False
        self._given = {
            node.variable.name.value: node.default_value for node in operation.variable_definitions or ()
        }  # fmt: skip

    def cost(self) -> Cost:
        root = self._schema.get_root_type(self._operation.operation)
        self._inside(self._operation.selection_set, root, _Times(1), None)
        terms = [(points, names) for names, points in self._points.items() if names]
        return Cost(self._points[()], terms, self._fallbacks, self._introspects)

    def _inside(self, selections: SelectionSetNode, type_: Any, times: _Times, page: _Times | None) -> None:
        """`page` is how long the lists are that stand directly in these selections, if the field around them says."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._field(node, type_, times, page)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                on = self._schema.get_type(fragment.type_condition.name.value)
                self._inside(fragment.selection_set, on, times, page)
            elif isinstance(node, InlineFragmentNode):
                on = self._schema.get_type(node.type_condition.name.value) if node.type_condition else type_
                self._inside(node.selection_set, on, times, page)

    def _field(self, node: FieldNode, type_: Any, times: _Times, page: _Times | None) -> None:
        name = node.name.value
        self._introspects = self._introspects or name in META
        known = None if name == "__typename" else self._schema.get_field(type_, name)
        if known is None or is_leaf_type(get_named_type(known.type)):
            self._points[times.names] += SCALAR_POINTS * times.number
            return
        own = self._page(node, known)
        if is_list_type(get_nullable_type(known.type)):
            times = times.by(own or page or self._listed(type_.name, name))
            own = None
        self._points[times.names] += OBJECT_POINTS * times.number
        assert node.selection_set is not None  # it is valid
        self._inside(node.selection_set, get_named_type(known.type), times, own)

    def _listed(self, type_: str, name: str) -> _Times:
        """How long a list without pages is; of the schema itself we only count what is written."""
        size = 1 if type_.startswith("__") else self._limits.sizes.get(f"{type_}.{name}", self._limits.list_size)
        return _Times(size)

    def _page(self, node: FieldNode, known: GraphQLField) -> _Times | None:
        """How long a page is asked for, where the field has pages."""
        for name in self._limits.pages:
            argument = known.args.get(name)
            if argument is not None:
                fallback = argument.default_value
                usual = fallback if isinstance(fallback, int) else self._limits.page_size
                given = next((each.value for each in node.arguments or () if each.name.value == name), None)
                return self._size(given, usual)
        return None

    def _size(self, given: Any, usual: int) -> _Times:
        if isinstance(given, VariableNode):
            name = given.name.value
            default = self._given.get(name)
            size = int(default.value) if isinstance(default, IntValueNode) else usual
            self._fallbacks[name] = max(size, self._fallbacks.get(name, 1))
            return _Times(1, (name,))
        return _Times(max(int(given.value), 1) if isinstance(given, IntValueNode) else usual)
