"""The safe: key ring, sealed values, blind indexes, split-key links."""
