"""A chat model's answer: the prompt it gets, and its text as statements that name their passages."""

from __future__ import annotations

import html
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from agents.copilot.result import Draft, Statement, Support
from agents.models.chat import Message, ModelUnavailable
from ingestion.sentences import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.models.chat import ChatModel
    from ingestion.index.protocol import Hit

MOST_TOKENS = 350
"""Of a model's answer: a few sentences."""

NOTHING_FOUND = "The documents do not say."
NOT_IN_DOCUMENTS = "NOT IN THE DOCUMENTS"
"""What the prompt tells the model to write when the passages do not answer."""
MARK = re.compile(r"\[(\d{1,2})\]")


async def written(question: str, passages: Sequence[Hit], model: ChatModel) -> Draft:
    """The model's answer as a draft; raises ModelUnavailable when the model gives none."""
    system = (files("agents.copilot") / "prompts" / "answer.md").read_text(encoding="utf-8")
    messages = [Message("system", system), Message("user", fenced(question, passages))]
    text = await model.complete(messages, max_tokens=MOST_TOKENS)
    if not any(letter.isalnum() for letter in text):
        # An empty reply says nothing about the documents.
        raise ModelUnavailable(f"{model.name} wrote nothing.")
    if NOT_IN_DOCUMENTS in text.upper():
        return Draft(reason=NOTHING_FOUND)
    return parse(text)


def fenced(question: str, passages: Sequence[Hit]) -> str:
    """The user message: passages and question as escaped data, so that no text can close its own fence."""
    parts = []
    for number, hit in enumerate(passages, start=1):
        where = f'document="{html.escape(hit.title)}" page="{hit.page}" heading="{html.escape(hit.heading)}"'
        issued = f' dated="{hit.dated.isoformat()}"' if hit.dated else ""
        text = html.escape("\n".join(part for part in (hit.table_header, hit.text) if part), quote=False)
        parts.append(f'<passage n="{number}" {where}{issued}>\n{text}\n</passage>')
    return "\n\n".join((*parts, f"<question>\n{html.escape(question, quote=False)}\n</question>"))


def parse(text: str) -> Draft:
    """A model's text as statements; marks after the full stop belong to the sentence before it."""
    text = re.sub(r"([.!?])((?:\s*\[\d{1,2}\])+)", r"\2\1", " ".join(html.unescape(text).split()))
    statements = []
    for piece in pieces(text):
        sentence = text[piece.start : piece.end]
        supports = tuple(Support(int(number) - 1) for number in dict.fromkeys(MARK.findall(sentence)))
        words = " ".join(MARK.sub("", sentence).split()).replace(" .", ".")
        if any(c.isalnum() for c in words):
            statements.append(Statement(one_sentence(words), supports))
    return Draft(tuple(statements), "" if statements else NOTHING_FOUND)


def one_sentence(text: str) -> str:
    """One sentence without its full stop: the citation comes before it."""
    return re.sub(r"(?<=\w)[.!?]\s+(?=[A-Z])", "; ", text.strip()).rstrip(" .!;:")
