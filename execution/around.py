"""What Strawberry runs around an execution: the same hooks, looked up once, and documents checked once."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

from graphql import DocumentNode, GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext
from strawberry.utils.await_maybe import await_maybe
from strawberry.utils.operation import get_first_operation

from execution.cache import Bounded
from execution.limit import Cost, Exceeded, Limits
from execution.validation import is_valid

MAX_EXTENSION_SETS = 100
SAYS = ("on_operation", "on_parse", "on_validate", "on_execute", "resolve", "get_results")
Kinds = tuple[type[SchemaExtension], ...]


class Known:
    """A document that was parsed, the rules it was found valid under, and what its operations cost."""

    __slots__ = ("costs", "document", "first_name", "rules")

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        first = get_first_operation(document)
        self.first_name = first.name.value if first is not None and first.name is not None else None
        self.rules: tuple[Any, ...] | None = None
        self.costs: dict[str | None, Cost] = {}


class Documents:
    """Documents by their text, up to so many characters; each is within the limits, if there are any."""

    def __init__(self, limit: int, limits: Limits | None = None) -> None:
        self._known: Bounded[str, Known] = Bounded(limit)
        self.limits = limits
        self.parse_options = limits.parse_options if limits else {}

    def find(self, query: str) -> Known | None:
        """What is known of the text."""
        return self._known.get(query)

    def keep(self, query: str, document: DocumentNode) -> Known:
        """Remember a parsed document; it weighs as much as its text is long."""
        known = Known(document)
        self._known.put(query, known, len(query))
        return known


class Step:
    """The hooks of one step of an operation, in order: what ExtensionContextManagerBase does, without looking again."""

    __slots__ = ("_extensions", "_hooks", "_name", "_stack")

    def __init__(self, name: str, extensions: list[SchemaExtension], kinds: Kinds) -> None:
        self._name = name
        self._hooks = _hooks(kinds, name)
        self._extensions = extensions
        self._stack: Any = None

    def begin(self) -> None:
        """Called when all hooks have begun."""

    def end(self) -> None:
        """Called when the step went well, before the hooks end."""

    async def __aenter__(self) -> None:
        if any(is_async for _, _, is_async in self._hooks):
            self._stack = contextlib.AsyncExitStack()
            for index, hook, is_async in self._hooks:
                surrounding = hook(self._extensions[index])
                if is_async:
                    await self._stack.enter_async_context(surrounding)
                else:
                    self._stack.enter_context(surrounding)
            self.begin()
        else:
            self.__enter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(self._stack, contextlib.AsyncExitStack):
            if kind is None:
                self.end()
            await self._stack.__aexit__(kind, error, trace)
        else:
            self.__exit__(kind, error, trace)

    def __enter__(self) -> None:
        if self._hooks:
            self._stack = contextlib.ExitStack()
        for index, hook, is_async in self._hooks:
            extension = self._extensions[index]
            if is_async:
                raise RuntimeError(f"SchemaExtension hook {extension}.{self._name} failed to complete synchronously.")
            self._stack.enter_context(hook(extension))
        self.begin()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self.end()
        if self._stack is not None:
            self._stack.__exit__(kind, error, trace)


def has_say(extension: Any) -> bool:
    """Whether an extension, as given to a schema, may do anything around a query or mutation; only of a class it is
    known that it may not."""
    if not isinstance(extension, type):
        return True
    return any(getattr(extension, name) is not getattr(SchemaExtension, name) for name in SAYS)


class Runner(SchemaExtensionsRunner):
    """Strawberry's runner of extensions, with the steps above."""

    def __init__(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension], documents: Documents
    ) -> None:
        super().__init__(execution_context, extensions)
        self._kinds: Kinds = tuple([type(extension) for extension in extensions])
        self._documents = documents
        self._known: Known | None = None
        self._may_keep = False

    def operation(self) -> Any:
        return Step("on_operation", self.extensions, self._kinds)

    def executing(self) -> Any:
        return Step("on_execute", self.extensions, self._kinds)

    def parsing(self) -> Any:
        return _Parsing(self, self._kinds)

    def validation(self) -> Any:
        return _Validation(self, self._kinds)

    @property
    def may_change(self) -> bool:
        """Whether an extension runs before the operation, and may have changed what is asked."""
        return bool(_hooks(self._kinds, "on_operation"))

    def takes(self, known: Known) -> bool:
        """Whether the document may be executed at once: it is valid by the rules in force, and no extension has brought
        another document or an answer, or listens to parsing, validation or fields."""
        context = self.execution_context
        is_untouched = context.graphql_document is None and context.result is None and not context.parse_options
        if not is_untouched or context.validation_rules != known.rules or self._listens():
            return False
        context.graphql_document = known.document
        context.pre_execution_errors = []
        return True

    def _listens(self) -> bool:
        return any(_hooks(self._kinds, name) for name in ("on_parse", "on_validate", "resolve"))

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for extension in self.extensions:
            if type(extension).get_results is not SchemaExtension.get_results:
                found.update(await await_maybe(extension.get_results()))
        found.update(ctx.extensions_results)
        return found

    def use_known_document(self) -> None:
        """Skip parsing, if no extension brought a document and nothing was asked of the parser."""
        context = self.execution_context
        is_usual = context.parse_options == self._documents.parse_options
        if context.graphql_document is None and context.query and is_usual:
            self._may_keep = True
            self._known = self._documents.find(context.query)
            if self._known is not None:
                context.graphql_document = self._known.document

    def keep_document(self) -> None:
        """Remember what was just parsed."""
        context = self.execution_context
        if self._may_keep and self._known is None and context.query and context.graphql_document is not None:
            self._known = self._documents.keep(context.query, context.graphql_document)

    def use_known_validity(self) -> None:
        """Skip validation of a document that these very rules accepted."""
        context, known = self.execution_context, self._known
        if (
            known is not None
            and context.pre_execution_errors is None
            and context.graphql_document is known.document
            and context.validation_rules == known.rules
        ):
            context.pre_execution_errors = []

    def refuse_excess(self) -> None:
        """Refuse a document that asks for too much; one that was found valid before does not."""
        context, known, limits = self.execution_context, self._known, self._documents.limits
        is_judged = known is not None and known.rules is not None and context.graphql_document is known.document
        if limits is not None and not is_judged:
            refuse_excess(context, limits)

    def find_validity(self) -> None:
        """Skip graphql-core's validation of a document that is valid beyond doubt."""
        context = self.execution_context
        document = context.graphql_document
        if document is None or context.pre_execution_errors is not None:
            return
        if is_valid(context.schema._schema, document, context.validation_rules):
            context.pre_execution_errors = []

    def keep_validity(self) -> None:
        """Remember that the rules accepted the document."""
        context, known = self.execution_context, self._known
        if known is not None and context.pre_execution_errors == [] and context.graphql_document is known.document:
            if known.rules is None and self._documents.limits is not None:
                known.costs = self._documents.limits.costs(context.schema._schema, known.document)
            known.rules = context.validation_rules


class LimitedRunner(SchemaExtensionsRunner):
    """Strawberry's own, that refuses what asks for too much before it is validated."""

    def __init__(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension], limits: Limits
    ) -> None:  # fmt: skip
        super().__init__(execution_context, extensions)
        self._limits = limits

    @contextlib.asynccontextmanager
    async def validation(self) -> Any:  # type: ignore[override]
        refuse_excess(self.execution_context, self._limits)
        if self.execution_context.pre_execution_errors:  # nobody else is asked
            yield
            return
        async with super().validation():
            yield


def refuse_excess(context: ExecutionContext, limits: Limits) -> None:
    """Refuse a parsed document that is beyond the limits, unless it is refused already."""
    if not context.pre_execution_errors and context.graphql_document is not None:
        try:
            limits.check_document(context.graphql_document)
        except Exceeded as excess:
            context.pre_execution_errors = [as_graphql(excess)]


def as_graphql(error: Exception) -> GraphQLError:
    """The error as graphql-core knows errors."""
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


class _Parsing(Step):
    __slots__ = ("_runner",)

    def __init__(self, runner: Runner, kinds: Kinds) -> None:
        super().__init__("on_parse", runner.extensions, kinds)
        self._runner = runner

    def begin(self) -> None:
        self._runner.use_known_document()

    def end(self) -> None:
        self._runner.keep_document()


class _Validation(Step):
    __slots__ = ("_runner",)

    def __init__(self, runner: Runner, kinds: Kinds) -> None:
        super().__init__("on_validate", runner.extensions, kinds)
        self._runner = runner

    def begin(self) -> None:
        self._runner.use_known_validity()
        self._runner.refuse_excess()
        self._runner.find_validity()

    def end(self) -> None:
        self._runner.keep_validity()


_found: Bounded[tuple[Kinds, str], list[tuple[int, Any, bool]]] = Bounded(MAX_EXTENSION_SETS)


def _hooks(kinds: Kinds, name: str) -> list[tuple[int, Any, bool]]:
    """For each extension that has the hook: its number, what surrounds the step, whether that is asynchronous."""
    hooks = _found.get((kinds, name))
    if hooks is None:
        default = getattr(SchemaExtension, name)
        hooks = [
            (index, *_surrounding(getattr(kind, name)))
            for index, kind in enumerate(kinds)
            if getattr(kind, name) is not default and getattr(kind, name)
        ]
        _found.put((kinds, name), hooks)
    return hooks


def _surrounding(hook: Any) -> tuple[Any, bool]:
    if inspect.isgeneratorfunction(hook):
        return contextlib.contextmanager(hook), False
    if inspect.isasyncgenfunction(hook):
        return contextlib.asynccontextmanager(hook), True
    if inspect.iscoroutinefunction(hook):

        @contextlib.asynccontextmanager
        async def later(extension: SchemaExtension) -> Any:
            await hook(extension)
            yield

        return later, True

    @contextlib.contextmanager
    def at_once(extension: SchemaExtension) -> Any:
        hook(extension)
        yield

    return at_once, False
