"""The pages of groups tested in series: their part of the table of every page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseBase

from temoin.pharmacies.professions import Right
from temoin.web.access import GuardedRoute
from temoin.web.views import group_acts, group_papers, groups

_WRITE = ("POST",)
_GROUP = "groups/<uuid:group_id>/"


def _page(
    name: str,
    path: str,
    view: Callable[..., HttpResponseBase],
    access: Right = Right.READ_TEST,
    *,
    methods: tuple[str, ...] = ("GET",),
    shows: bool = False,
) -> GuardedRoute:
    return GuardedRoute(name=name, path=path, view=view, access=access, methods=methods, shows_patients=shows)


GROUPS = [
    _page("groups", "groups/", groups.groups),
    _page("open_group", "groups/open/", groups.open_new, Right.REGISTER_TEST, methods=_WRITE),
    _page("group", _GROUP, groups.group, shows=True),
    _page("fresh_roster", f"{_GROUP}list/", groups.fresh_roster, shows=True),
    _page("scan_in_group", f"{_GROUP}scan/", group_acts.scan, methods=_WRITE, shows=True),
    _page("sample_in_group", f"{_GROUP}sample/", group_acts.sample, Right.TAKE_SAMPLE, methods=_WRITE, shows=True),
    _page("start_in_group", f"{_GROUP}start/", group_acts.start, Right.TAKE_SAMPLE, methods=_WRITE, shows=True),
    _page("mark_in_group", f"{_GROUP}mark/", group_acts.mark, Right.TAKE_SAMPLE, methods=_WRITE, shows=True),
    _page("close_group", f"{_GROUP}close/", group_acts.close, Right.REGISTER_TEST, methods=_WRITE),
    _page("type_people", f"{_GROUP}people/", group_acts.type_people, Right.IMPORT_RESULTS, methods=_WRITE),
    _page("join_group", "patients/<uuid:patient_id>/group/", group_acts.join, Right.REGISTER_TEST, methods=_WRITE),
    _page("group_labels", f"{_GROUP}labels/", group_papers.labels, Right.REGISTER_TEST),
    _page("group_attendance", f"{_GROUP}attendance/", group_papers.attendance, shows=True),
    _page("review_group", f"{_GROUP}review/", group_papers.review, Right.SIGN_RESULT, shows=True),
    _page("sign_group", f"{_GROUP}sign/", group_papers.sign, Right.SIGN_RESULT, methods=_WRITE, shows=True),
    _page("put_aside_group", f"{_GROUP}aside/", group_papers.put_aside, Right.SIGN_RESULT, methods=_WRITE),
]
