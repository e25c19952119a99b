"""The keepers of root keys: a file, a transit engine (OpenBao, Vault), a PKCS#11 token."""
