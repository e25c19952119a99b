"""How the headers of our mails are written: identifiers and addresses whole on one line, words as short lines.

A line may have 998 characters (RFC 5322 §2.1.1), and one with encoded words 76 (RFC 2047 §2). The library knows one
length for all. It makes encoded words of a long Message-ID, which nobody reads back; it begins a long subject on the
second line, which not every receiver unfolds; and it writes encoded words as long as its lines.
"""

from __future__ import annotations

from email.headerregistry import BaseHeader, HeaderRegistry
from email.policy import SMTP, Policy

LONGEST_LINE, LONGEST_WITH_WORDS = 998, 76


class _Header(BaseHeader):
    """A header that is folded where it must be, whatever the policy's length of a line of text."""

    def fold(self, *, policy: Policy) -> str:
        length = LONGEST_LINE if str(self).isascii() else LONGEST_WITH_WORDS
        return super().fold(policy=policy.clone(max_line_length=length))


POLICY = SMTP.clone(header_factory=HeaderRegistry(base_class=_Header))
