"""The addresses of the authority's site; no address names a person or a result."""

from django.urls import path
from django.views.i18n import set_language

from temoin.authority import entrance, views
from temoin.authority.gate import open_to_all

urlpatterns = [
    path("", views.today, name="today"),
    path("senders/", views.senders, name="senders"),
    path("senders/<uuid:pharmacy_id>/", views.sender, name="sender"),
    path("published/<str:name>", views.published, name="published"),
    path("sign-in/", entrance.sign_in_page, name="sign_in"),
    path("enrol/", entrance.enrol_page, name="enrol"),
    path("sign-out/", entrance.sign_out_page, name="sign_out"),
    path("session/", entrance.session_page, name="session"),
    path("language/", open_to_all(set_language), name="set_language"),
]

handler400 = views.bad_request
handler404 = views.not_found
handler500 = views.failed
