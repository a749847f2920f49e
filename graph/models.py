"""Which model ids are known, and which of them are on their way out.

Configuration, not code: `models.json` holds the table and a server may hand in another one.
An id that is not listed stays legal; validation only mentions it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["text", "image", "transcription", "speech", "realtime"]
Status = Literal["current", "deprecated", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model id of a provider."""

    id: str
    kinds: tuple[Kind, ...]
    status: Status = "current"
    ends: str | None = None
    """Day on which the provider stops serving it, ISO 8601."""
    successor: str | None = None
    vision: bool = False


@dataclass(frozen=True, slots=True)
class ModelTable:
    """All known models, by provider and id."""

    providers: Mapping[str, Mapping[str, Model]]

    def ids(self, provider: str) -> tuple[str, ...]:
        """Ids worth proposing: those that are not going away."""
        return tuple(m.id for m in self.providers.get(provider, {}).values() if m.status == "current")

    def find(self, provider: str | None, model_id: str) -> Model | None:
        """The model; without a provider, the first that has this id."""
        tables = [self.providers.get(provider, {})] if provider else list(self.providers.values())
        return next((table[model_id] for table in tables if model_id in table), None)


@lru_cache(maxsize=1)
def default_models() -> ModelTable:
    """The table in `models.json`."""
    raw: dict[str, dict[str, dict[str, Any]]] = json.loads(
        (Path(__file__).parent / "models.json").read_text(encoding="utf-8")
    )
    return ModelTable(
        {
            provider: {
                model_id: Model(
                    id=model_id,
                    kinds=tuple(row["kinds"]),
                    status=row.get("status", "current"),
                    ends=row.get("ends"),
                    successor=row.get("successor"),
                    vision=row.get("vision", False),
                )
                for model_id, row in models.items()
            }
            for provider, models in raw.items()
        }
    )
