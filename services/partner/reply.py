"""How fast partners answer their customers (Q-07)."""

from collections.abc import Sequence
from uuid import UUID

from tortoise import connections

MEDIANS = """
SELECT partner_id, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY reply_s))::int AS median_s
  FROM message WHERE partner_id = ANY($1::uuid[]) AND reply_s IS NOT NULL GROUP BY partner_id"""


async def median_replies_s(partner_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The median seconds to an answer of each partner that has answered at all; one statement."""
    rows = await connections.get("default").execute_query_dict(MEDIANS, [list(partner_ids)])
    return {row["partner_id"]: row["median_s"] for row in rows}


async def median_reply_s(partner_id: UUID) -> int | None:
    """One partner's median seconds to an answer; None as long as it has answered nobody."""
    return (await median_replies_s([partner_id])).get(partner_id)
