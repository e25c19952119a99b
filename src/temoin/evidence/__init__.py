"""The supervisor's pack: what a site is and does, measured, signed, and checked by whoever is handed it."""
