"""E-mail addresses: what people type, as mail servers take it, or why nothing can be sent there."""

from __future__ import annotations

import pytest

from temoin.lib.mail_address import AddressError, AddressFault, check_address, wire_address

MALFORMED, UNSEEN, OTHER = AddressFault.MALFORMED, AddressFault.UNSEEN_LETTER, AddressFault.OTHER_LETTERS


@pytest.mark.parametrize(
    ("typed", "kept", "sent"),
    [
        ("ana@b.example", "ana@b.example", "ana@b.example"),
        (" Ana.B+c@B.Example \n", "Ana.B+c@b.example", "Ana.B+c@b.example"),
        ("jean@café.fr", "jean@café.fr", "jean@xn--caf-dma.fr"),
        ("jean@cafe\u0301.fr", "jean@café.fr", "jean@xn--caf-dma.fr"),
        ("jean@例え.jp", "jean@例え.jp", "jean@xn--r8jz45g.jp"),
        ("jean@straße.de", "jean@straße.de", "jean@xn--strae-oqa.de"),
        ("jean@xn--caf-dma.fr", "jean@xn--caf-dma.fr", "jean@xn--caf-dma.fr"),
        ("o'neil@b.example", "o'neil@b.example", "o'neil@b.example"),
    ],
)
def test_what_can_be_sent_to(typed, kept, sent):
    assert check_address(typed) == kept
    assert wire_address(kept) == sent


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        *[
            (f"ana{letter}@b.example", UNSEEN)
            for letter in "\u200b\u200d\u200e\u202e\u00ad\ufeff\ue000\x07\ud800\u2028"
        ],
        *[(f"ana@b{letter}.example", UNSEEN) for letter in "\u200b\u2060"],
        ("ana@b.example\u200b", UNSEEN),
        ("renée@b.example", OTHER),
        *[(text, MALFORMED) for text in ("", "ana", "ana@", "@b.example", "ana@b", "a b@b.example", "ana@b..example")],
        *[
            (text, MALFORMED)
            for text in (".a@b.example", "a.@b.example", "a..b@b.example", '"a b"@b.example', "a@b@c.fr")
        ],
        *[(text, MALFORMED) for text in ("ana@[192.0.2.1]", "ana@192.0.2.1", "ana@b_c.example", "ana@-b.example")],
        *[(text, MALFORMED) for text in ("ana@b.example.", "ana@b.exam ple", "ana,bob@b.example", "<ana@b.example>")],
        ("a" * 65 + "@b.example", MALFORMED),
        ("a@" + "b" * 64 + ".example", MALFORMED),
        ("a@" + "b." * 125 + "example", MALFORMED),
    ],
)
def test_what_cannot(typed, fault):
    with pytest.raises(AddressError) as refused:
        check_address(typed)

    assert refused.value.fault is fault
    assert typed.strip() not in str(refused.value) or not typed
