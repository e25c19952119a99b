"""Pure mappings between a Report and the bytes others read."""
