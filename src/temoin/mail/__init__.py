"""Mail as couriers use it: the exchange with a mail server, whose fault a reply tells of, the reading of a mailbox."""
