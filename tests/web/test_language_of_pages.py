"""The language of an answer: the person's choice, else the browser's; no address begins with one."""

from __future__ import annotations

import pytest
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "asked", "spoken"),
    [("", "en-GB,en;q=0.9", "en"), ("", "fr-FR", "fr"), ("", "zu", "fr"), ("en", "fr-FR", "en"), ("xx", "en", "en")],
)
def test_an_answer_says_which_language_it_speaks(settings, cookie: str, asked: str, spoken: str):
    client = Client(headers={"accept-language": asked})
    if cookie:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie

    answer = client.get("/account/sign-in/")

    assert answer["Content-Language"] == spoken
    assert f'lang="{spoken}"' in answer.content.decode()
    assert "Accept-Language" in answer["Vary"]


def test_no_address_begins_with_a_language():
    assert is_language_prefix_patterns_used("temoin.web.urls") == (False, False)
