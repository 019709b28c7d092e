"""Durable turns: nothing a person says is lost, nothing is answered twice."""
