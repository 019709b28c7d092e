"""The methods of the Web API, laid out by family; importing this package registers them all."""

from tests.fakes.slack.methods import chat, conversations, identity, views

__all__ = ["chat", "conversations", "identity", "views"]
