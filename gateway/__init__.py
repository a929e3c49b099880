"""What is done: the gateway, the desks and the command line. May import keys, contracts and the rest."""
