"""llama.cpp's server inside this process. https://github.com/xorbitsai/xllamacpp"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SILENT = -1
"""Below llama.cpp's errors. At higher levels it prints prompts to stderr."""
PROMPT_BATCH = 128
"""Tokens of a prompt taken at once. Between two batches other calls get their next word, and a call that was
stopped is noticed."""
PROMPT_CACHE_MIB = 256
"""For prompts kept beside those of the slots, so that calls that take turns find theirs again."""


class Refused(Exception):
    """llama.cpp did not load the files. It tells no more than that."""


@dataclass(frozen=True)
class ServerSettings:
    """How much of the machine it takes."""

    threads: int
    parallel: int
    """Replies written at once: slots."""
    context: int
    """Tokens of each slot."""


class Server:
    """Weights, adapters and slots. Freed when it is let go and its last reply is written."""

    def __init__(self, base: Path, adapters: Sequence[Path], settings: ServerSettings) -> None:
        """Load. Takes part of a second in which no other Python code runs. Raises Refused."""
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(base)
        params.verbosity = SILENT
        params.n_parallel = settings.parallel
        params.n_ctx = settings.parallel * settings.context
        params.n_batch = params.n_ubatch = PROMPT_BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
        # What it holds is found by the words alone: an adapter would go on from what another one, or the
        # base, made of the prompt. The slots' own memory is emptied when another adapter takes them.
        params.cache_ram_mib = 0 if adapters else PROMPT_CACHE_MIB
        params.lora_init_without_apply = True
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(path), 1.0) for path in adapters]
        # Both only take time: a trial run, and fitting the model to a graphics card.
        params.warmup = params.fit_params = False
        # xllamacpp always opens an HTTP server too. This one has no pages, a key that nobody knows, and,
        # where the system has such, a socket in a folder that is gone as soon as it is open.
        params.ui = params.endpoint_slots = False
        params.api_keys = [secrets.token_urlsafe()]
        params.n_threads_http = 1
        with tempfile.TemporaryDirectory(prefix="salesmate-", ignore_cleanup_errors=True) as folder:
            if sys.platform != "win32":
                params.hostnames = [str(Path(folder) / "unused.sock")]
            try:
                self._server = xllamacpp.Server(params)
            except RuntimeError:
                raise Refused from None

    def chat(self, request: dict[str, Any], heard: Callable[[dict[str, Any]], bool]) -> None:
        """Write a reply, blocking. `heard` gets each chunk and answers whether to stop; it must not raise."""
        self._server.handle_chat_completions({**request, "stream": True, "return_progress": True}, heard)
