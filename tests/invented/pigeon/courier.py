"""Carries by pigeon."""

from __future__ import annotations

import threading

from temoin.transmission.channels.pigeon.settings import PigeonSettings

from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet


class PigeonCourier(ReportCourier):
    """Releases a bird for each version."""

    destination = "pigeon"

    def __init__(self, pigeon: PigeonSettings, *, demo: bool) -> None:
        super().__init__(demo=demo)
        self.pigeon = pigeon

    @property
    def enabled(self) -> bool:
        return self.pigeon.enabled

    @property
    def rules(self) -> RuleSet:
        return self.pigeon.rules

    def write(self, load: Load, report: Report) -> Consignment | Answer:
        return Consignment(key=load.key, body=report.key.encode())

    async def carry(self, consignment: Consignment) -> Answer:
        return Answer(Verdict.ACCEPTED, "acknowledged")

    async def enquire(self, consignment: Consignment) -> Answer:
        return Answer(Verdict.UNKNOWN, "not_askable")

    async def close(self) -> None:
        """Nothing is kept open."""


def feed(_stop: threading.Event) -> None:
    """Feed the birds."""
