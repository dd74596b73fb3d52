"""Jobs about accounts: a one-time code goes to its phone."""

from datetime import UTC, datetime

from domain.account import CODE_LIVES
from domain.notification import Template, render
from integrations.delivery import Outgoing, Unreachable
from models.account import LoginCode
from services import account as accounts
from workers.delivery import carry
from workers.job import Job


async def send_login_code(job: Job) -> None:
    """Send the code while it is worth anything; either way its readable form goes. What did not go is tried again, by
    raising Unreachable; what never will is not: no later try would arrive, and the person asks for another code."""
    row = await LoginCode.get(id=job.id("login_code_id"))
    if row.sealed_code is not None and row.used_at is None and row.expires_at > datetime.now(UTC):
        failure = await carry(job.outside.sms, _message(job, row, row.sealed_code))
        if failure is not None and not failure.for_good:
            raise Unreachable(failure.reason)
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
