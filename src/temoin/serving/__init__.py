"""The web server of the staff site and of the patients' site: no stranger's pace holds one of its threads."""
