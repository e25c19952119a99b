"""The pages on signed results, the figures made of them and their billing: their part of the table of every page."""

from __future__ import annotations

from temoin.pharmacies.professions import Right
from temoin.web.access import GuardedRoute
from temoin.web.views import billing, figures, signed_results

RESULTS = [
    GuardedRoute(
        name="results", shows_patients=True, path="results/", view=signed_results.results, access=Right.READ_TEST
    ),
    GuardedRoute(
        name="results_file",
        shows_patients=True,
        path="results/results.csv",
        view=signed_results.export,
        access=Right.EXPORT_RESULTS,
        step_up=True,
    ),
    GuardedRoute(name="figures", path="results/figures/", view=figures.figures, access=Right.READ_FIGURES),
    GuardedRoute(
        name="figures_file",
        path="results/figures/<slug:table>.csv",
        view=figures.table_file,
        access=Right.READ_FIGURES,
    ),
    GuardedRoute(name="billing", path="results/billing/", view=billing.billing, access=Right.BILL_TESTS),
    GuardedRoute(
        name="billing_file",
        shows_patients=True,
        path="results/billing/billing.csv",
        view=billing.export,
        access=Right.BILL_TESTS,
        step_up=True,
    ),
]
