"""E-mail with a link to the patient's letter, and the site's mail server, which staff notices leave by too."""
