"""A state machine is a table: one row per move, and nothing else decides what follows what."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from domain.events import Event
from domain.refusals import IllegalMove

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Move(Generic[S]):
    """From any of `sources` to `target`, told to the world as `event`."""

    sources: frozenset[S]
    target: S
    event: type[Event]


class Machine(Generic[S]):
    """The life of one noun: its first state, the event of its birth, and every legal move."""

    def __init__(self, start: S, born: type[Event], moves: Mapping[str, Move[S]]) -> None:
        self.start, self.born, self.moves = start, born, dict(moves)
        reached = {start} | {move.target for move in moves.values()}
        unreachable = set(type(start)) - reached
        if unreachable:
            raise ValueError(f"unreachable states: {sorted(unreachable)}")

    def move(self, state: S, verb: str) -> Move[S]:
        """The row of `verb`; raises IllegalMove when it may not be done in `state`."""
        move = self.moves[verb]
        if state not in move.sources:
            raise IllegalMove(verb=verb, state=state.value)
        return move

    def verbs(self, state: S) -> list[str]:
        """Verbs that are legal in `state`, in table order."""
        return [verb for verb, move in self.moves.items() if state in move.sources]
