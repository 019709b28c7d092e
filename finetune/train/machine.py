"""What a figure was measured on, without saying whose it is."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


def machine() -> str:
    """The GPU's name, or the processor's with its number of cores and torch's threads."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, bf16"
    threads = torch.get_num_threads()
    return f"{_processor()}, {os.cpu_count()} cores, {threads} thread{'s' * (threads > 1)}, fp32"


def _processor() -> str:
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
