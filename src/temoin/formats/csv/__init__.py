"""CSV: the SimpleReport bulk result file taken in; reports and their acknowledgements as files sent out."""
