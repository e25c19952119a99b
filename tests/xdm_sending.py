"""How the tests' sender files its packages."""

from temoin.formats.xdm import Coded, Submission

SENDING = Submission(
    source_id="1.2.250.1.999.1",
    class_code=Coded(code="10", label="Compte rendu", system="1.2.250.1.213.1.1.4.1"),
    content_type=Coded(code="07", label="Consultation Soins Externes", system="1.2.250.1.213.2.2"),
)
