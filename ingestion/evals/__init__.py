"""How well search finds, measured on questions whose right documents are known."""
