"""How the customer hears: text, cues, acts, topics and language, each on its own."""
