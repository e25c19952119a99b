"""What the couriers of signed results have in common: which notices they take, and the Report they write from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from uuid import UUID

from django.conf import settings

from temoin.journal.act import HouseActor
from temoin.lib.commit import Commit
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.testing.queries import reports_for_courier
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

    def supersede(self, commit: Commit, notice: Notice) -> None:  # noqa: B027 most have nothing to end
        """Leave the former version on its way: the destination gets both, in order."""

    def prepare(self, load: Load) -> Consignment | Answer:
        """Read the signed version and write it; the look is an event."""
        return self.prepare_all([load])[load.id]

    def prepare_all(self, loads: list[Load]) -> dict[UUID, Consignment | Answer]:
        """Read the signed versions of one pharmacy together, and write each."""
        by = HouseActor(loads[0].pharmacy_id, "worker")
        reports = reports_for_courier(by=by, wanted=[(load.chain_id, load.sequence) for load in loads])
        return {load.id: self._ready(load, reports[load.chain_id, load.sequence]) for load in loads}

    def _ready(self, load: Load, report: Report) -> Consignment | Answer:
        if report.is_demo and not settings.TEMOIN.site.demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented result never reaches a real authority
        return self.write(load, report)
