"""An invented channel, in a folder as those of the product are: results leave by carrier pigeon."""
