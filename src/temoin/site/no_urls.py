"""The addresses of a process that serves none: the worker and the owner."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
