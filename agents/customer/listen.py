"""The customer's ears: the rep's message becomes an appraisal, with embeddings, lexical cues and no model.

`model_listener.py` hears more with a chat model and falls back to this one.
"""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from agents.customer.acts import RepAct
from agents.customer.appraisal import Appraisal, Heard
from agents.customer.listening import manner
from agents.customer.listening.acts import ActEar, acts_in
from agents.customer.listening.cues import cues
from agents.customer.listening.echo import plays_back
from agents.customer.listening.language import is_foreign
from agents.customer.listening.settle import DENIED, SURE, UNSURE, question_form, without_leave
from agents.customer.listening.text import Message, clean, read
from agents.customer.listening.topics import Question, Reply, Topics
from agents.customer.listening.words import content_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.customer.persona import Persona
    from agents.customer.transcript import Turn
    from ingestion.embed import CachedEmbedder, Vectors

NAME = "embeddings+rules"
SHORT_QUESTION = 7  # words; a shorter one leans on the sentence before it
COMFORT = 0.5
MOST_CLAIMS = 6
PLAYED_BACK = 0.6  # at least so much comfort lies in her own words given back
PLAYED_TURNS = 3  # of hers
STANDING = 0.95  # of a next step proposed before, when only its day is talked about now
STANDING_TURNS = 3  # of his
SOME_DAY = 0.6  # of a next step, where it is wished for "at some point"
CUSTOMER_TURNS = 2  # of hers that a reply may quote or play back
NO_PROPOSAL = -1.0
EARLIER_TURNS = 60  # the longest call; beyond it nothing is compared

_OTHER_THAN_ASKING = (RepAct.PERMISSION, RepAct.CLOSE, RepAct.IDENTITY_CHECK, RepAct.SMALL_TALK)
_ASKING = (RepAct.OPEN_QUESTION, RepAct.CLOSED_QUESTION)


@lru_cache(maxsize=4)
def _ear(embedder: CachedEmbedder) -> ActEar:
    """One ear per embedder: the act exemplars are the same for every persona."""
    return ActEar(embedder)


@dataclass(frozen=True)
class _Said:
    """The message with everything measured once."""

    message: Message
    vectors: Vectors
    """One row a sentence."""
    acts: tuple[Mapping[str, float], ...]
    whole: Vectors
    """A row for the message, then one a sentence; a single sentence is both."""
    customer_last: str

    def surest(self, act: RepAct) -> float:
        return max((acts[act] for acts in self.acts), default=0.0)


class Listener:
    """Hears for one persona. Deterministic; safe to share between calls and threads.

    Exemplar vectors are made when first needed (or by `warm`) and kept by the embedder, so that a persona
    costs about two seconds once per machine and a message about 5 ms a sentence.
    """

    name = NAME

    def __init__(self, persona: Persona, embedder: CachedEmbedder) -> None:
        self._persona = persona
        self._embedder = embedder
        self._topics = Topics(persona, embedder)
        self._firm = _firm_pattern(persona.seller.company)
        self._own_name = _name_pattern(persona.name)
        self._warming = threading.Lock()

    def warm(self) -> None:
        """Make the exemplar vectors now. May run in a background thread; `hear` waits for what it needs."""
        with self._warming:
            _ear(self._embedder).warm()
            self._topics.warm()

    async def appraise(self, text: str, earlier: Sequence[Turn] = ()) -> Appraisal:
        """As `hear`, off the loop: a message takes milliseconds, and hundreds of calls share a process."""
        return await asyncio.to_thread(self.hear, text, earlier)

    def hear(self, text: str, earlier: Sequence[Turn] = ()) -> Appraisal:
        """What the customer makes of the message, given the talk so far. Never raises, whatever the text."""
        message = read(text)
        if message.silence:
            return Appraisal(listener=NAME, silence=True)
        if not message.sentences:
            # An emoji and no word: a bland remark.
            return Appraisal(listener=NAME, words=message.words)
        said = self._listen(message, earlier)
        sentences = message.sentences
        foreign = is_foreign(message.text, self._persona.language)
        confusing = not foreign and manner.confusing(message.text, sentences, said.acts)
        understood = not foreign and not confusing
        rude = manner.rude(sentences, said.acts, said.customer_last)
        if confusing and not cues().sure[RepAct.RUDE].search(message.text):
            # "Are you a bot?" puzzles her; it does not hurt.
            rude = 0.0
        heard = _heard(said) if understood else ()
        return Appraisal(
            listener=NAME,
            # An insult given back is not reported as one; everything else is, where it could be understood.
            acts=tuple(act for act in heard if act.act is not RepAct.RUDE or act.confidence <= rude),
            asked=self._asked(said) if understood else (),
            answered=self._answered(said) if understood else (),
            inflamed=self._topics.inflamed(said.whole) if understood else (),
            next_step=self._next_step(said, earlier) if understood else 0.0,
            specific=understood and _specific(said),
            empathy=manner.empathy(sentences, said.acts, said.customer_last) if understood else 0.0,
            pressure=said.surest(RepAct.PRESSURE) if understood else 0.0,
            jargon=manner.jargon(message.text),
            rude=rude,
            words=message.words,
            repeated=manner.repeated(sentences, said.vectors, _rep_sentences(earlier), self._embedder),
            foreign=foreign,
            too_long=message.too_long,
            confusing=confusing,
            introduced=self._introduced(said),
            compliance=_compliance(message.text),
            claims=_claims(said),
        )

    def _listen(self, message: Message, earlier: Sequence[Turn]) -> _Said:
        sentences = list(message.sentences)
        of_sentences = self._embedder.embed(sentences)
        vectors = of_sentences
        if len(sentences) > 1:
            # The mean of its sentences stands for the whole message: as good for telling answers apart (0.83
            # strong, 0.02 weak either way), and half the time of embedding it again.
            lengths = np.array([len(sentence.split()) for sentence in sentences], np.float32)
            whole = lengths @ of_sentences
            vectors = np.vstack([whole / max(float(np.linalg.norm(whole)), 1e-9), of_sentences])
        turns = [clean(turn.text) for turn in earlier if turn.speaker == "customer"]
        hers = " ".join(turns[-PLAYED_TURNS:])
        heard = _ear(self._embedder).confidences(sentences, of_sentences)
        acts = [self._in_this_call(*pair, hers) for pair in zip(sentences, heard, strict=True)]
        last = " ".join(turns[-CUSTOMER_TURNS:])
        return _Said(message, of_sentences, tuple(acts), vectors, last)

    def _in_this_call(self, sentence: str, heard: dict[str, float], hers: str) -> dict[str, float]:
        """What her name and her own words make of a sentence."""
        if self._own_name.match(sentence):
            return heard | {RepAct.IDENTITY_CHECK: SURE}
        if question_form(sentence) is None and plays_back(sentence, hers):
            comfort = max(heard[RepAct.ACKNOWLEDGE], PLAYED_BACK)
            own = dict.fromkeys((RepAct.EVIDENCE, RepAct.PITCH, RepAct.CLOSE), DENIED)
            return heard | own | {RepAct.ACKNOWLEDGE: comfort}
        return heard

    def _asked(self, said: _Said) -> tuple[tuple[str, float], ...]:
        questions: list[Question] = []
        for i, (sentence, acts) in enumerate(zip(said.message.sentences, said.acts, strict=True)):
            if question_form(sentence) is None and max(acts[act] for act in _ASKING) < COMFORT:
                continue
            if acts[RepAct.CLOSE] >= COMFORT and acts[RepAct.CLOSE] > max(acts[act] for act in _ASKING):
                continue
            other = max(acts[act] for act in _OTHER_THAN_ASKING)
            questions.append(Question(without_leave(sentence), other))
            # "Got two minutes?" does not turn what was said before it into a question.
            if i and len(sentence.split()) <= SHORT_QUESTION and other < UNSURE:
                questions.append(Question(f"{said.message.sentences[i - 1]} {sentence}", other))
        return self._topics.asked(questions, self._embedder.embed([question.text for question in questions]))

    def _answered(self, said: _Said) -> tuple[tuple[str, float], ...]:
        acknowledges = said.surest(RepAct.ACKNOWLEDGE)
        comfort = all(acts[RepAct.ACKNOWLEDGE] >= COMFORT for acts in said.acts)
        text = said.message.text
        reply = Reply(
            acknowledges=acknowledges,
            evidence=said.surest(RepAct.EVIDENCE),
            specific=bool(cues().figure.search(text)),
            only_comfort=comfort and not cues().figure.search(text),
            content=content_words(text),
        )
        answers = [_may_answer(sentence) for sentence in said.message.sentences]
        if not any(answers):
            return ()
        return self._topics.answered(reply, said.whole)

    def _next_step(self, said: _Said, earlier: Sequence[Turn]) -> float:
        pairs = zip(said.message.sentences, said.acts, strict=True)
        closes = [_closes(sentence, acts) for sentence, acts in pairs]
        clear = self._topics.next_step(closes, said.vectors)
        if clear < COMFORT <= max(closes) and _specific(said):
            clear = max(clear, STANDING * self._proposed(earlier))
        some_day = cues().some_day.search(said.message.text) and not _specific(said)
        return clear * SOME_DAY if some_day else clear

    def _proposed(self, earlier: Sequence[Turn]) -> float:
        """How clearly the rep has just proposed the next step: "the twelfth at two?" is then about that."""
        turns = [turn.text for turn in earlier if turn.speaker == "rep"][-STANDING_TURNS:]
        sentences = [sentence for text in turns for sentence in read(text).sentences]
        if not sentences:
            return 0.0
        vectors = self._embedder.embed(sentences)
        heard = _ear(self._embedder).confidences(sentences, vectors)
        closes = [_closes(*pair) for pair in zip(sentences, heard, strict=True)]
        return self._topics.next_step(closes, vectors) if max(closes) >= COMFORT else 0.0

    def _introduced(self, said: _Said) -> bool:
        if cues().sure[RepAct.INTRODUCE].search(said.message.text):
            return True
        for sentence, acts in zip(said.message.sentences, said.acts, strict=True):
            if self._firm.search(sentence) and acts[RepAct.INTRODUCE] >= COMFORT:
                return True
            if cues().names_self.search(sentence):
                return True
        return False


def _heard(said: _Said) -> tuple[Heard, ...]:
    return tuple(
        Heard(act=act, confidence=sure, sentence=sentence)
        for sentence, acts in zip(said.message.verbatim, said.acts, strict=True)
        for act, sure in acts_in(acts)
    )


def _closes(sentence: str, acts: Mapping[str, float]) -> float:
    """How surely the sentence proposes something; the words of a proposal count for half.

    Below nothing where the words say that it is none ("I'll find out and write by Friday").
    """
    if cues().never[RepAct.CLOSE].search(sentence):
        return NO_PROPOSAL
    return max(acts[RepAct.CLOSE], COMFORT if cues().close.search(sentence) else 0.0)


def _specific(said: _Said) -> bool:
    return any(
        cues().specific.search(sentence)
        for sentence, acts in zip(said.message.sentences, said.acts, strict=True)
        if _closes(sentence, acts) >= UNSURE
    )


def _compliance(text: str) -> tuple[str, ...]:
    return tuple(name for name, phrases in cues().compliance.items() if phrases.search(text))


def _claims(said: _Said) -> tuple[str, ...]:
    claims = [
        typed
        for typed, sentence, acts in zip(
            said.message.verbatim, said.message.sentences, said.acts, strict=True
        )
        if max(acts[RepAct.EVIDENCE], acts[RepAct.PITCH], acts[RepAct.PRICE]) >= UNSURE
        and question_form(sentence) is None
        and cues().claim.search(sentence)
    ]
    return tuple(claims[:MOST_CLAIMS])


def _rep_sentences(earlier: Sequence[Turn]) -> list[str]:
    turns = [turn.text for turn in earlier[-EARLIER_TURNS:] if turn.speaker == "rep"]
    return [sentence for text in turns for sentence in read(text).sentences]


def _may_answer(sentence: str) -> bool:
    """Whether the sentence could answer a doubt: no question about her, and more than a courtesy."""
    if cues().filler.match(sentence):
        return False
    return question_form(sentence) is None or bool(cues().ours.search(sentence))


def _name_pattern(name: str) -> re.Pattern[str]:
    """The customer's name asked for, in any of its parts: "Helen?", "Hello, Mrs Marsh?"."""
    own = "|".join(re.escape(part) for part in name.split())
    return re.compile(
        rf"\W*((hi|hello|sorry|hey),? )?((mr|mrs|ms|miss|dr)\.? )?({own})( ({own}))?\s*\?\s*$", re.IGNORECASE
    )


def _firm_pattern(company: str) -> re.Pattern[str]:
    """The selling firm as people say it: its first word is enough."""
    first = re.match(r"\S*", company.strip())
    return re.compile(rf"\b{re.escape(first.group() if first else company)}\b", re.IGNORECASE)
