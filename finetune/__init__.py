"""How the customer learns. See README.md; nothing is here yet."""
