"""Which text patients agree to before a test."""

# The information notice shown on screen and on the poster; a new text is a new version, kept with each consent.
CURRENT_NOTICE = "2026-11"
