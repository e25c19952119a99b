"""The SimpleReport bulk result file: rows of results in, typed values or named problems out."""
