"""A dictionary that forgets what was not used for longest."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Values whose weights add up to at most `limit`; reading one keeps it young."""

    __slots__ = ("_limit", "_values", "weight")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.weight = 0

    def get(self, key: K) -> V | None:
        """The value, or None."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep the value, or its new weight; the oldest go while all together are too heavy."""
        replaced = self._values.pop(key, None)
        self.weight += weight - (replaced[1] if replaced is not None else 0)
        self._values[key] = (value, weight)
        while self.weight > self._limit:
            self.weight -= self._values.popitem(last=False)[1][1]

    def values(self) -> list[V]:
        """All values, oldest first."""
        return [value for value, _ in self._values.values()]

    def __len__(self) -> int:
        return len(self._values)
