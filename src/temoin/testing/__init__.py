"""The test record: register, sample, sign, correct, cancel."""
