"""What scanners type and cameras read, told apart and read whole or refused; pure, without words for people."""
