"""Going along a line of flow text."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from graph.problems import clip

STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
ARROW: Final = re.compile(r"->|→|>")
_SPACE: Final = re.compile(r"[ \t\r]*")
_WORD: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_]|-(?!>))*")
_NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_PLACE: Final = re.compile(rf"@({_NUMBER}),({_NUMBER})(?=\s|$)")
_BARE_VALUE: Final = re.compile(r"[^\s\"\[\]{}]+")


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_JSON: Final = json.JSONDecoder(parse_constant=_no_constant)


class SyntaxFaultError(Exception):
    """The line cannot be read from `column` (counted from 0) on."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column


class Cursor:
    """A place in a line, spaces skipped."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.bare: str | None = None
        """The last value as it stands in the line, where it has no quotes or brackets."""
        self.skip()

    def skip(self) -> None:
        found = _SPACE.match(self.line, self.at)
        self.at = found.end() if found else self.at

    @property
    def done(self) -> bool:
        """Whether nothing but a comment is left."""
        return self.at >= len(self.line) or self.line[self.at] == "#"

    def peek(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self.line, self.at) is not None

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, the spaces behind it skipped."""
        found = pattern.match(self.line, self.at)
        if found:
            self.at = found.end()
            self.skip()
        return found

    def literal(self, text: str) -> bool:
        if self.line.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def name(self, what: str) -> str:
        """A bare word or a quoted string; stays right behind it."""
        if self.peek(STRING):
            return self.string()
        found = _WORD.match(self.line, self.at)
        if found is None:
            self.fail(f"expected {what}")
        self.at = found.end()
        return found[0]

    def string(self) -> str:
        """A quoted string; stays right behind it."""
        try:
            value, self.at = _JSON.raw_decode(self.line, self.at)
        except ValueError:
            self.fail("this string is not closed or holds a bad escape")
        return str(value)

    def value(self) -> Any:
        """What stands behind `=`: JSON, or a bare word, which is a string."""
        self.bare = None
        if self.line[self.at : self.at + 1] in ('"', "[", "{"):
            try:
                value, self.at = _JSON.raw_decode(self.line, self.at)
            except (ValueError, RecursionError) as error:
                reason = "nested too deep" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
                self.fail(f"not JSON: {reason}")
            return value
        found = _BARE_VALUE.match(self.line, self.at)
        if found is None:
            self.fail("expected a value behind =")
        self.at = found.end()
        self.bare = found[0]
        try:
            return _JSON.decode(found[0])
        except ValueError:
            return found[0]

    def item(self) -> tuple[str, str, Any]:
        """`key=value`, `!key=value`, `$key=value`, `@x,y` or `in id`: its mark, key and value."""
        place = self.take(_PLACE)
        if place:
            return "$", "position", {"x": json.loads(place[1]), "y": json.loads(place[2])}
        mark = "!" if self.literal("!") else "$" if self.literal("$") else ""
        key = self.name("key=value, @x,y or in <id>")
        if mark == "" and key == "in" and self.line[self.at : self.at + 1] in (" ", "\t"):
            self.skip()
            parent = self.name("the id of the enclosing node")
            self.skip()
            return "$", "parentId", parent
        if not self.literal("="):
            self.fail(f"expected = behind {clip(key)}")
        value = self.value()
        if not self.done and self.line[self.at] not in " \t\r":
            self.fail("expected a space behind the value")
        self.skip()
        return mark, key, value

    @property
    def rest(self) -> str:
        """The line from here on."""
        return self.line[self.at :]

    def back(self, at: int, message: str) -> NoReturn:
        """Give the line up at an earlier place."""
        self.at = at
        self.fail(message)

    def fail(self, message: str) -> NoReturn:
        """Give the line up at this place."""
        rest = self.line[self.at : self.at + 24]
        where = f", found {clip(rest)}" if rest else ", but the line ends"
        raise SyntaxFaultError(self.at, message + where)
