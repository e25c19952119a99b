"""What the couriers of signed results have in common: the rules of their destination, and the copy they write from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast
from uuid import UUID

from temoin.crypto.blind import person_number
from temoin.journal.act import HouseActor
from temoin.lib.commit import Commit
from temoin.lib.names import plain_name
from temoin.lib.tenant import scopes_together, tenant_scope
from temoin.outbox.actions import replace_refused_parcels
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict, by_pharmacy
from temoin.outbox.queries import was_posted, went_before
from temoin.testing.queries import ask_versions, versions_for_courier
from temoin.testing.report import PatientForm, Report, ReportStatus
from temoin.transmission.rules.reduced import first_notice, reduced
from temoin.transmission.rules.rule_set import FORMS, Case, RuleSet


class ReportCourier(ABC):
    """Carries the versions that the destination's rules let go, corrections and cancellations included.

    One destination is one subclass: it says where and whether it sends, by which rules, writes a Report, and carries
    what it wrote.
    """

    destination: str

    def __init__(self, *, demo: bool) -> None:
        self._demo = demo  # whether the site is a demonstration

    @property
    @abstractmethod
    def enabled(self) -> bool:
        """Tell whether the operator sends to this destination."""

    @property
    @abstractmethod
    def rules(self) -> RuleSet:
        """Return what may go there, in which form and under which text."""

    @abstractmethod
    def write(self, load: Load, report: Report) -> Consignment | Answer:
        """Write the copy that the destination may have; an Answer says why it must not or cannot go."""

    def wants(self, notice: Notice) -> bool:
        """Take what the rules let go, and what amends a version that was to go: a mistake never stays uncorrected.

        It runs inside the signature: a first version asks the database nothing. A renewed ticket is nothing new here.
        """
        if notice.is_renewal:
            return False
        report = cast("Report", notice.content)
        is_new = self.enabled and report.status is not ReportStatus.CANCELLED
        if is_new and self.rules.decide(Case.of(report)).goes:
            return True
        # Also while the destination is switched off: the mistake that is there is told once it is on again.
        return notice.sequence > 1 and was_posted(notice.chain_id, self.destination)

    def supersede(self, commit: Commit, notice: Notice) -> None:
        """Leave the former version on its way: the destination gets both, in order. A refused one never goes again."""
        if self.wants(notice):
            replace_refused_parcels(commit, self.destination, notice.chain_id)

    def prepare(self, load: Load) -> Consignment | Answer:
        """Read the signed versions and write what the destination may have; the look is an event."""
        by = HouseActor(load.pharmacy_id, "worker")
        versions = versions_for_courier(by=by, wanted=[(load.chain_id, load.sequence)])
        return self._ready(load, versions[load.chain_id, load.sequence])

    def prepare_all(self, loads: list[Load]) -> dict[UUID, Consignment | Answer]:
        """Read the signed versions of several pharmacies together; write what the destination may have of each."""
        ready: dict[UUID, Consignment | Answer] = {}
        groups = by_pharmacy(loads)
        with scopes_together():
            asked = [_ask(pharmacy_id, group) for pharmacy_id, group in groups.items()]
            for (pharmacy_id, group), read in zip(groups.items(), asked, strict=True):
                with tenant_scope(pharmacy_id):
                    versions = read()
                    ready |= {load.id: self._ready(load, versions[load.chain_id, load.sequence]) for load in group}
        return ready

    def _ready(self, load: Load, versions: list[Report]) -> Consignment | Answer:
        if versions[-1].is_demo and not self._demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented result never reaches a real authority
        copy = self._copy(load, versions)
        return copy if isinstance(copy, Answer) else self.write(load, copy)

    def _copy(self, load: Load, versions: list[Report]) -> Report | Answer:
        """Return the copy in the most revealing form of any version already sent: the receiver finds what it amends.

        Codes of refusal: `identity`, `not_in_force`, `no_rule`.
        """
        report = versions[-1]
        amends = load.sequence > 1 and went_before(load.chain_id, self.destination, load.sequence)
        decisions = [self.rules.decide(Case.of(each)) for each in (versions if amends else versions[-1:])]
        ruling = [(each.rule.form, each.targets) for each in decisions if each.goes and each.rule is not None]
        if not ruling and not amends:
            return Answer(Verdict.REFUSED, decisions[-1].reason.value)  # the rules changed since the signature
        if not ruling:  # an earlier version went under other rules than today's: the amendment tells the least it can
            ruling = [(self.rules.least_form, frozenset(one.target for one in report.findings))]
        form = min((one for one, _ in ruling), key=FORMS.index)
        targets = frozenset[str]().union(*(told for one, told in ruling if one is form))
        if not amends and report.status is ReportStatus.CORRECTED:
            report = first_notice(report)
        return reduced(report, form, targets, self._number(report, form))

    def _number(self, report: Report, form: PatientForm) -> str:
        """Return the person's number at this destination in the year of the sample (decision 0045)."""
        if form is not PatientForm.PSEUDONYMOUS:
            return ""
        person = report.patient
        names = plain_name(person.birth_family_name), plain_name(person.first_birth_given_name)
        traits = (*names, person.sex.value, person.birth_date.isoformat())
        return person_number(self.destination, str(report.sampled_at.year), *traits)


def _ask(pharmacy_id: UUID, group: list[Load]) -> Callable[[], dict[tuple[UUID, int], list[Report]]]:
    with tenant_scope(pharmacy_id):
        by = HouseActor(pharmacy_id, "worker")
        return ask_versions(by=by, wanted=[(load.chain_id, load.sequence) for load in group])
