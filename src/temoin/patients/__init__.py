"""Patient records, one per pharmacy, with identity traits, contact and consent."""
