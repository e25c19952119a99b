"""The ways by which results leave for an authority or a doctor: one folder each, which holds all of it."""
