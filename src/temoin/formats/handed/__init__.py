"""Results handed in as others' messages: read into the row that a file of results is judged by."""
