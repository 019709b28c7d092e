"""What stands around a server under load: each part runs in a process of its own."""
