"""Jobs about accounts: a one-time code goes to its phone."""

from contextlib import suppress
from datetime import UTC, datetime

from domain.account import CODE_LIVES
from domain.notification import Template, render
from integrations.delivery import Outgoing, Undeliverable
from models.account import LoginCode
from services import account as accounts
from workers.job import Job


async def send_login_code(job: Job) -> None:
    """Send the code while it is worth anything; either way its readable form goes. Unreachable is tried again."""
    row = await LoginCode.get(id=job.id("login_code_id"))
    if row.sealed_code is not None and row.used_at is None and row.expires_at > datetime.now(UTC):
        with suppress(Undeliverable):  # no later try would arrive; the person asks for another code
            await job.outside.sms.send(_message(job, row, row.sealed_code))
    await accounts.record_login_code_sent(job.actor, row.id)


def _message(job: Job, row: LoginCode, sealed_code: str) -> Outgoing:
    code = job.outside.seal.open(sealed_code, "login_code", "sealed_code", row.id)
    minutes = str(int(CODE_LIVES.total_seconds() // 60))
    text = render(Template.LOGIN_CODE, row.language, {"code": code, "minutes": minutes})
    return Outgoing(
        key=f"login_code:{row.id}",
        to=row.phone,
        subject=text.subject,
        body=text.body,
        template=Template.LOGIN_CODE.value,
        language=row.language.value,
        parameters=text.parameters,
    )
