"""Clients that do what they are told once, however often they have to ask, and remember every answer."""

import asyncio
import random
import time
from typing import Any

import httpx

from tests.faults.history import OK, REFUSED, UNKNOWN, Attempt, History
from tests.faults.world import Person

REQUEST_TIMEOUT_S = 6.0
PATIENCE_S = 60.0  # of one order, all its attempts together
PAUSE_S = 0.1
THINKS_S = 0.3  # before the next order, at most: faults are what is tried, not throughput
MAX_ATTEMPTS = 300
# Refusals that say nothing of the order itself: the server was busy, or could not read the token (its clock was wrong).
ASK_AGAIN = ("TRY_AGAIN", "NOT_SIGNED_IN")


class Unsettled(Exception):
    """An order had no definite answer within its patience."""


class Client:
    """One person's way to the API, at an address that may change."""

    def __init__(
        self, urls: list[str], history: History, person: Person | None, dice: random.Random, *,
        keeps_connections: bool = True, forgets_keys: bool = False,
    ) -> None:  # fmt: skip
        self.urls, self.person, self.dice = urls, person, dice
        self.name = person.name if person else "visitor"
        self._history, self._forgets_keys = history, forgets_keys  # planted bug: a new key for each try
        limits = httpx.Limits(max_keepalive_connections=20 if keeps_connections else 0)
        self._http = httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, limits=limits)

    async def close(self) -> None:
        await self._http.aclose()

    async def order(self, operation: str, document: str, key: str, about: str = "", **variables: Any) -> Attempt:
        """Ask with the same key until the answer is definite: it was done, or a rule said no. Raises Unsettled."""
        deadline = time.monotonic() + PATIENCE_S
        for number in range(MAX_ATTEMPTS):
            given = f"{key}-{number}" if self._forgets_keys and number else key
            attempt = await self.ask(operation, document, given, about, key=given, **variables)
            if attempt.outcome != UNKNOWN and attempt.code not in ASK_AGAIN:
                await asyncio.sleep(self.dice.uniform(0, THINKS_S))
                return attempt
            self.urls = self.urls[1:] + self.urls[:1]  # as a balancer would send us on
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(PAUSE_S * self.dice.uniform(0.5, 2))
        raise Unsettled(f"{self.name} {operation} {key}: {attempt.code}")

    async def ask(self, operation: str, document: str, as_key: str, about: str = "", **variables: Any) -> Attempt:
        """One attempt, remembered."""
        began = time.monotonic()
        outcome, code, result = await self._answer(document, variables)
        took_s = time.monotonic() - began
        attempt = Attempt(self.name, operation, as_key, outcome, began, took_s, code, result, about)
        self._history.note(attempt)
        return attempt

    async def _answer(self, document: str, variables: dict[str, Any]) -> tuple[str, str, str]:
        headers = {"authorization": f"Bearer {self.person.token}"} if self.person else {}
        body = {"query": document, "variables": variables}
        try:
            answer = await self._http.post(f"{self.urls[0]}/graphql", json=body, headers=headers)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            return UNKNOWN, type(error).__name__, ""
        return read(answer.status_code, told)


def read(status: int, told: Any) -> tuple[str, str, str]:
    """Outcome, code and result's id of a GraphQL answer with one field."""
    if status != 200 or not isinstance(told, dict):
        return UNKNOWN, f"HTTP {status}", ""
    if told.get("errors"):
        error = told["errors"][0]
        return UNKNOWN, error.get("extensions", {}).get("code") or f"masked: {error['message']}", ""
    (field,) = told["data"].values()
    if field.get("__typename") == "Refusal":
        unsure = field["code"] == "OUTCOME_UNKNOWN"
        return UNKNOWN if unsure else REFUSED, field["code"], ""
    return OK, "", str(field.get("id", ""))
