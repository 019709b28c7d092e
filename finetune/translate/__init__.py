"""Recorded calls into English with every figure and pseudonym intact. See README.md."""
