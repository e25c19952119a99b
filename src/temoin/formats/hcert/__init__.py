"""Certificates that anyone can verify: HC1 codes (EU certificates and our own) and SMART Health Cards."""
