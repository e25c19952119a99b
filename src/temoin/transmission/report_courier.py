"""What the couriers of signed results have in common: which notices they take, and the Report they write from."""

from __future__ import annotations

from abc import ABC, abstractmethod

from django.conf import settings

from temoin.journal.act import HouseActor
from temoin.lib.commit import Commit
from temoin.outbox.actions import replace_refused_parcels
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.testing.queries import report_for_courier
from temoin.testing.report import Report


class ReportCourier(ABC):
    """Carries every signed version, corrections and cancellations included, in the form its destination asks for.

    One destination is one subclass: it says where and whether it sends, writes a Report, and carries what it wrote.
    """

    destination: str

    @property
    @abstractmethod
    def enabled(self) -> bool:
        """Tell whether the operator sends to this destination."""

    @abstractmethod
    def write(self, load: Load, report: Report) -> Consignment | Answer:
        """Write the signed version for the destination; an Answer says why it must not or cannot go."""

    def wants(self, notice: Notice) -> bool:
        """Take every version; a renewed ticket is nothing new for the authority."""
        return self.enabled and not notice.is_renewal

    def supersede(self, commit: Commit, notice: Notice) -> None:
        """Leave the former version on its way: the destination gets both, in order. A refused one never goes again."""
        if not notice.is_renewal:
            replace_refused_parcels(commit, self.destination, notice.chain_id)

    def prepare(self, load: Load) -> Consignment | Answer:
        """Read the signed version and write it; the look is an event."""
        by = HouseActor(load.pharmacy_id, "worker")
        report = report_for_courier(by=by, record_id=load.chain_id, number=load.sequence)
        if report.is_demo and not settings.TEMOIN.site.demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented result never reaches a real authority
        return self.write(load, report)
