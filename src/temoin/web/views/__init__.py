"""The pages, split by noun."""
