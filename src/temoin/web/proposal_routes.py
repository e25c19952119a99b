"""The pages of what programs propose, and of results that no test bears: their part of the table of every page."""

from __future__ import annotations

from temoin.pharmacies.professions import Right
from temoin.web.access import GuardedRoute
from temoin.web.views import amendments, orphans, proposals

WRITE = ("POST",)

PROPOSALS = [
    GuardedRoute(
        name="proposals",
        shows_patients=True,
        path="proposals/",
        view=proposals.proposals,
        access=Right.SIGN_RESULT,
    ),
    GuardedRoute(
        name="sign_proposals",
        shows_patients=True,
        path="proposals/sign/",
        view=proposals.sign,
        access=Right.SIGN_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(
        name="put_aside_proposals",
        path="proposals/aside/",
        view=proposals.put_aside,
        access=Right.SIGN_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(
        name="sign_amendment",
        shows_patients=True,
        path="proposals/<uuid:record_id>/sign/",
        view=amendments.sign,
        access=Right.CORRECT_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(
        name="refuse_amendment",
        shows_patients=True,
        path="proposals/<uuid:record_id>/refuse/",
        view=amendments.refuse,
        access=Right.CORRECT_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(name="orphans", path="orphans/", view=orphans.orphans, access=Right.SIGN_RESULT),
    GuardedRoute(
        name="orphan",
        shows_patients=True,
        path="orphans/<uuid:orphan_id>/",
        view=orphans.orphan,
        access=Right.SIGN_RESULT,
    ),
    GuardedRoute(
        name="tie_orphan",
        shows_patients=True,
        path="orphans/<uuid:orphan_id>/tie/",
        view=orphans.tie,
        access=Right.SIGN_RESULT,
        methods=WRITE,
    ),
    GuardedRoute(
        name="set_aside_orphan",
        shows_patients=True,
        path="orphans/<uuid:orphan_id>/aside/",
        view=orphans.set_aside,
        access=Right.SIGN_RESULT,
        methods=WRITE,
    ),
]
