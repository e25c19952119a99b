"""The courier of short messages: the link to the letter and no health word, to a mobile telephone."""

from __future__ import annotations

import orjson

from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError, SmsNotSentError
from temoin.delivery.channels.sms.provider import ShortMessage, SmsFate, SmsProvider, tag_of
from temoin.delivery.channels.sms.text import is_gsm, text_of_message
from temoin.delivery.link_courier import LinkCourier
from temoin.lib.phones import is_mobile
from temoin.lib.site import Site
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.outbox.queries import times_refused
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy

DESTINATION = "sms"
CODES = {SmsFate.FAILED: "sms_undelivered", SmsFate.BLOCKED: "sms_blocked"}
_HELD = {SmsFate.ON_ITS_WAY, SmsFate.DELIVERED}


class SmsCourier(LinkCourier):
    """Hands messages to a provider, and asks it by their tag after a doubt: none is sent twice that it knows of."""

    destination = DESTINATION
    no_address = "no_mobile"

    def __init__(self, provider: SmsProvider, site: Site, *, enabled: bool) -> None:
        super().__init__(site)
        self._provider, self.enabled = provider, enabled
        self._line: SmsLine | None = None

    def address_of(self, patient: Traits) -> str:
        return patient.phone if is_mobile(patient.phone) else ""

    def body_of(self, load: Load, link: str, language: str, place: Pharmacy) -> bytes:
        text = text_of_message(link=link, language=language, place=place.name, is_demo=self._site.demo)
        return orjson.dumps({"text": text, "tag": tag_of(load.key, times_refused(load.id))})

    async def carry(self, consignment: Consignment) -> Answer:
        told = orjson.loads(consignment.body)
        message = ShortMessage(consignment.address, told["text"], told["tag"], is_gsm(told["text"]))
        try:
            return await self._provider.send(self._open_line(), message)
        except SmsNotSentError as error:
            return Answer(Verdict.POSTPONED, error.code)
        except SmsNoAnswerError:
            return Answer(Verdict.DOUBTFUL, "no_answer")

    async def enquire(self, consignment: Consignment) -> Answer:
        try:
            fate, word = await self._provider.fate(self._open_line(), orjson.loads(consignment.body)["tag"])
        except (SmsNotSentError, SmsNoAnswerError):
            return Answer(Verdict.DOUBTFUL, "no_answer")
        if fate is SmsFate.NOT_HELD:
            return Answer(Verdict.UNKNOWN, "unknown_there")
        if fate is SmsFate.NOT_KNOWN:
            return Answer(Verdict.DOUBTFUL, "no_answer")
        if fate in _HELD:
            return Answer(Verdict.ACCEPTED, "taken_by_sms_provider", receipt={"said": word}, may_come_back=True)
        return Answer(Verdict.REFUSED, CODES[fate], receipt={"said": word}, is_own=True)

    async def close(self) -> None:
        if self._line is not None:
            await self._line.close()
            self._line = None

    def _open_line(self) -> SmsLine:
        self._line = self._line or SmsLine()
        return self._line
