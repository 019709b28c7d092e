"""A llama of a few thousand weights, drawn at random, with a chat template: it trains in a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from finetune.example import Example, Said

WORDS = [f"w{at}" for at in range(60)]
TEMPLATE = (
    "{% for message in messages %}<s> {{ message['role'] }} {{ message['content'] }} <e> {% endfor %}"
    "{% if add_generation_prompt %}<s> assistant {% endif %}"
)


def tiny_base(folder: Path, seed: int = 0) -> Path:
    """The folder of a model as transformers saves it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "<unk>", "<s>", "<e>", "system", "user", "assistant", *WORDS]
    special = dict(zip(("pad_token", "unk_token", "eos_token"), ("<pad>", "<unk>", "<e>"), strict=True))
    ids = {word: at for at, word in enumerate(words)}
    plain = Tokenizer(models.WordLevel(ids, unk_token=special["unk_token"]))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, **special)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            bos_token_id=2,
            eos_token_id=3,
            pad_token_id=0,
        )
    )
    model.save_pretrained(str(folder))
    return folder


def made_examples(count: int, seed: int = 0) -> list[Example]:
    """Customers who always say the seller's last word back, twice."""
    rng, made = Random(seed), []
    for call in range(count):
        said = [rng.choice(WORDS) for _ in range(rng.choice((1, 3, 5)))]
        talk = [
            Said(role="user" if at % 2 == 0 else "assistant", content=word) for at, word in enumerate(said)
        ]
        system = Said(role="system", content=" ".join(rng.choices(WORDS, k=rng.randint(2, 8))))
        target = f"{said[-1]} {said[-1]}"
        made.append(
            Example(call=f"c{call}", n=len(said), messages=(system, *talk), target=target, act="acknowledge")
        )
    return made


def turns_of_calls(calls: int, seed: int = 0) -> list[Example]:
    """Each customer turn of some calls, after all that was said and a note that later turns do not hold."""
    rng, made = Random(seed), []

    def words(count: int) -> str:
        return " ".join(rng.choices(WORDS, k=count))

    for call in range(calls):
        talk = [Said(role="system", content=words(12))]
        for n in range(1, 9, 2):
            line, target = words(5), words(3)
            asked = Said(role="user", content=f"{line} {words(4)}")
            made.append(
                Example(call=f"c{call}", n=n, messages=(*talk, asked), target=target, act="acknowledge")
            )
            talk += [Said(role="user", content=line), Said(role="assistant", content=target)]
    return made


def write_data(folder: Path, train: Sequence[Example], valid: Sequence[Example]) -> Path:
    """What `prepare` leaves, as far as training reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples in (("train.jsonl", train), ("valid.jsonl", valid)):
        (folder / name).write_text("".join(f"{one.model_dump_json()}\n" for one in examples))
    return folder
