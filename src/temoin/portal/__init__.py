"""The patient site: one static page that opens a sealed letter in the patient's own browser."""
