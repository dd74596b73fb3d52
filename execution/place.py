"""Where a value stands: its field in the document (known when compiling) and its path in the answer (at run time)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import FieldNode, GraphQLObjectType, GraphQLOutputType, is_non_null_type

if TYPE_CHECKING:
    from graphql.execution.collect_fields import FieldDetails
    from strawberry.types.field import StrawberryField

    from execution.lookahead import Selection
    from execution.run import Run

# The chain from a value up to the root: (link of its parent, its key there, its place). None is the root itself.
Link: TypeAlias = "tuple[Link, str | int, Place] | None"
# Completes a value that is neither null, an error nor awaitable.
Body = Callable[[Any, Link, "Run"], Any]


class Place:
    """A field of one selection set of one object type, or the items of such a field's list."""

    __slots__ = (
        "body", "details", "field_name", "is_field", "kept", "key", "nodes", "nullable", "parent_type", "return_type",
        "selection", "strawberry_field", "type",
    )  # fmt: skip

    body: Body

    def __init__(
        self,
        key: str,
        type_: GraphQLOutputType,
        parent_type: GraphQLObjectType,
        details: list[FieldDetails],
        field: StrawberryField | None,
        return_type: GraphQLOutputType | None = None,
    ) -> None:
        self.key = key
        self.nullable = not is_non_null_type(type_)
        self.type: Any = type_ if self.nullable else type_.of_type  # type: ignore[union-attr]
        self.parent_type = parent_type
        self.details = details
        self.nodes: list[FieldNode] = [detail.node for detail in details]
        self.field_name = self.nodes[0].name.value
        self.strawberry_field = field
        self.is_field = return_type is None
        self.return_type: Any = type_ if return_type is None else return_type
        self.selection: Selection | None = None
        self.kept: dict[Any, Any] = {}  # what the resolver keeps with the plan

    def item(self, type_: GraphQLOutputType) -> Place:
        """The place of this list's items."""
        return Place(self.key, type_, self.parent_type, self.details, self.strawberry_field, self.return_type)


def path_of(link: Link) -> tuple[str | int, ...]:
    """Keys from the root down to the link."""
    keys: list[str | int] = []
    while link is not None:
        keys.append(link[1])
        link = link[0]
    keys.reverse()
    return tuple(keys)
