"""What the couriers to the authority by HTTP have in common: connections, and the reading of what is no acceptance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from temoin.outbox.courier import Answer, Verdict
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError, Reply
from temoin.transmission.channels.fhir.settings import FhirSettings
from temoin.transmission.judging import VERDICT, Nature, nature_of_http
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from temoin.transmission.channels.fhir.http_line import HttpLine

_REMARKS = {"warning", "information", "success"}
KEPT = 16_384  # bytes of an answer that stay with the attempt


class HttpCourier(ReportCourier):
    """A courier to the server of [fhir]."""

    destination = "fhir"

    def __init__(self, authority: FhirSettings, *, demo: bool) -> None:
        super().__init__(demo=demo)
        self.authority = authority
        self._line: HttpLine | None = None

    @property
    def enabled(self) -> bool:
        return self.authority.enabled

    @property
    def rules(self) -> RuleSet:
        return self.authority.rules

    def line(self) -> HttpLine:
        """Return the connections to the authority, opened the first time."""
        if self._line is None:
            self._line = self.open_line()
        return self._line

    def open_line(self) -> HttpLine:
        """Return connections of the caller's own; only a process that sends loads what they are made of."""
        from temoin.transmission.channels.fhir.http_line import HttpLine

        return HttpLine(self.authority)

    async def close(self) -> None:
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
    nature = nature_of_http(status, errors_told(reply.body))
    code = "redirected" if 300 <= status < 400 else f"http_{status}"
    answer = Answer(VERDICT[nature], code, detail=outcome_words(reply.body))
    if status == 412:  # the destination works, and a person there must look
        return replace(answer, is_own=True, is_sign_of_life=True)
    return answer if nature is Nature.DOCUMENT else replace(answer, retry_after=reply.pause)


def errors_told(body: Any) -> list[str]:
    """Return the types of the errors that an OperationOutcome names; nothing of any other body."""
    if not isinstance(body, dict) or body.get("resourceType") != "OperationOutcome":
        return []
    issues = [each for each in objects(body.get("issue")) if _word(each, "severity") not in _REMARKS]
    return [_word(issue, "code") for issue in issues]


def _word(issue: dict[str, Any], name: str) -> str:
    return str(issue.get(name, "")).strip().lower()  # codes are lower case, and not everybody's are


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
