"""What the couriers to the authority by HTTP have in common: connections, and the reading of what is no acceptance."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from temoin.outbox.courier import Answer, Verdict
from temoin.transmission.couriers.exchange import NoAnswerError, NotSentError, Reply
from temoin.transmission.couriers.http_line import HttpLine
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet

KEPT = 16_384  # bytes of an answer that stay with the attempt
# Our address, credentials or pace: the operator's matter, the result is not at fault.
_NOT_NOW = {401, 403, 404, 405, 408, 425, 429}


class HttpCourier(ReportCourier):
    """A courier to the server of [authority]."""

    destination = "authority"

    def __init__(self) -> None:
        self._line: HttpLine | None = None

    @property
    def enabled(self) -> bool:
        """Tell whether the operator sends to the authority."""
        return bool(settings.TEMOIN.authority.enabled)

    @property
    def rules(self) -> RuleSet:
        """Return the rules that the authority's section names."""
        rules: RuleSet = settings.TEMOIN.authority.rules
        return rules

    def line(self) -> HttpLine:
        """Return the connections to the authority, opened the first time."""
        if self._line is None:
            self._line = HttpLine(settings.TEMOIN.authority)
        return self._line

    async def close(self) -> None:
        """Close the connections."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.close()


def word_of(error: NotSentError | NoAnswerError) -> Answer:
    """Put into the outbox's words that a document did not leave, or may have been taken."""
    if isinstance(error, NotSentError):
        return Answer(Verdict.POSTPONED, error.code, retry_after=error.pause)
    return Answer(Verdict.DOUBTFUL, error.code)


def told_without_taking(reply: Reply) -> Answer:
    """Read an answer to a document that is no acceptance of it."""
    status = reply.status
    if status in _NOT_NOW:
        return Answer(Verdict.POSTPONED, f"http_{status}", retry_after=reply.pause)
    if 300 <= status < 400:
        return Answer(Verdict.POSTPONED, "redirected")  # never followed: it could lead results elsewhere
    detail = outcome_words(reply.body)
    if status == 412:  # several there bear our key: a person there must look; the destination works
        return Answer(Verdict.DOUBTFUL, "http_412", detail=detail, is_own=True, is_sign_of_life=True)
    # 409: the same document is being stored at this moment, by a try whose answer was lost (seen of HAPI).
    if 400 <= status < 500 and status != 409:
        return Answer(Verdict.REFUSED, f"http_{status}", detail=detail)
    return Answer(Verdict.DOUBTFUL, f"http_{status}", detail=detail, retry_after=reply.pause)


def outcome_words(body: Any) -> str:
    """Return the issues of an OperationOutcome as text; it is sealed with the attempt, as it may quote the document."""
    lines = []
    for issue in objects(body.get("issue")) if isinstance(body, dict) else ():
        details = issue.get("details")
        words = details.get("text") if isinstance(details, dict) else None
        lines.append(" ".join(str(part) for part in (issue.get("code"), words or issue.get("diagnostics")) if part))
    return "\n".join(lines)


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, and nothing of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
