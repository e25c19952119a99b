"""FHIR over HTTP: any R4 server, or an authority with a dialect of its own."""
