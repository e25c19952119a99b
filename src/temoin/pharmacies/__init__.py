"""Pharmacies, their members, professions and rights."""
