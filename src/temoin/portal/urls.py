"""The addresses of the patient site; none of them names a letter, a certificate or a person."""

from django.urls import path

from temoin.portal import appointments, forms, verifier, views

app_name = "portal"

urlpatterns = [
    path("", views.page, name="page"),
    path("letter", views.letter, name="letter"),
    path("form/", forms.page, name="form"),
    path("form/poster", forms.poster, name="poster"),
    path("form/hand-in", forms.put_in, name="hand_in"),
    path("appointments/", appointments.page, name="appointments"),
    path("appointments/offer", appointments.offer, name="offer"),
    path("appointments/take", appointments.take, name="take"),
    path("appointments/move", appointments.move, name="move"),
    path("appointments/give-up", appointments.end, name="give_up"),
    path("verify/", verifier.page, name="verifier"),
    path("verify/worker.js", verifier.worker, name="worker"),
    path("verify/keys", verifier.keys, name="keys"),
    path("verify/revoked", verifier.revoked, name="revoked"),
    path(".well-known/jwks.json", verifier.own_keys, name="own_keys"),
    path(".well-known/crl/<str:name>.json", verifier.revoked_of_key, name="revoked_of_key"),
]

handler404 = views.not_found
handler500 = views.failed
