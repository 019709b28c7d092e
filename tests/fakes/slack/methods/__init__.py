"""The methods of the Web API, laid out by family; importing this package registers them all."""

from tests.fakes.slack.methods import agents, chat, conversations, files, identity, sockets, streams, views

__all__ = ["agents", "chat", "conversations", "files", "identity", "sockets", "streams", "views"]
