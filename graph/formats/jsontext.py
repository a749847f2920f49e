"""JSON in, with errors that say where."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic_core import from_json

from graph.errors import Refused
from graph.problems import Problem

_POSITION: Final = re.compile(r" at line (\d+) column (\d+)$")


def parse_json(text: str | bytes) -> Any:
    """The value written in `text`.

    Raises:
        Refused: a `syntax-error` with line and column; also for NaN, lone surrogates and extreme nesting.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except TypeError:  # pydantic's word for a text that is no Unicode
        message = "not JSON: a lone surrogate is not a character"
        raise Refused([Problem(code="syntax-error", path="", message=message)]) from None
    except ValueError as error:
        reason = str(error)
        found = _POSITION.search(reason)
        where = f"line {found[1]}, column {found[2]}: " if found else ""
        message = f"not JSON: {where}{_POSITION.sub('', reason)}"
        raise Refused([Problem(code="syntax-error", path="", message=message)]) from None
