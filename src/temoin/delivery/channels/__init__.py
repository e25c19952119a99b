"""The ways by which patients get their own result: one folder each, which holds all of it."""
