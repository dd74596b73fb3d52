"""Handing one message to a provider: whatever goes wrong is a failure with a reason that names nobody."""

import asyncio
import logging
import traceback
from dataclasses import dataclass

from integrations.delivery import Outgoing, Undeliverable, Unreachable
from integrations.mail import Mail
from integrations.sms import Sms
from integrations.whatsapp import Whatsapp

SEND_TIMEOUT_S = 15  # shorter than JOB_TIMEOUT_S, so that a slow provider is a failed try and not a failed job

log = logging.getLogger("rawat.delivery")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not go, and whether it never will."""

    reason: str
    for_good: bool


async def carry(provider: Mail | Whatsapp | Sms, message: Outgoing) -> Failure | None:
    """Hand the message over. An error that the provider does not declare is a failed try, so that no message is on its
    way for ever; its text may repeat an address or the message itself, so neither log nor row gets it."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await provider.send(message)
    except Undeliverable as error:
        return Failure(str(error), for_good=True)
    except Unreachable as error:
        return Failure(str(error), for_good=False)
    except TimeoutError:
        return Failure("the provider took too long", for_good=False)
    except Exception as error:
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("a provider failed in a way it does not declare: %s\n%s", type(error).__name__, where)
        return Failure(type(error).__name__, for_good=False)
    return None
