"""The addresses of the patient site; none of them names a letter or a person."""

from django.urls import path

from temoin.portal import views

app_name = "portal"

urlpatterns = [
    path("", views.page, name="page"),
    path("letter", views.letter, name="letter"),
    path("healthz", views.healthz, name="healthz"),
]

handler404 = views.not_found
handler500 = views.failed
