"""Tries an endpoint with our documents: for whoever builds or runs one. Needs no settings and no database."""
