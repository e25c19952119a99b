"""Certificates of results, which anybody can verify: issuing, revoking, and what is kept of them."""
