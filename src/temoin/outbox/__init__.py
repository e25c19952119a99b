"""Parcels that leave the house: posted with the act, claimed by lease, settled on an answer."""
