"""JSON of requests, read strictly: every mistake of the text is said with its place.

Python's reader takes `NaN` and `Infinity`, which are no JSON, makes an infinity of `1e400`, lets the last of two equal keys win,
and fails in three other ways on long numbers, deep nesting and half characters. All of them are mistakes of the client here.
"""

import json
import math
import re
from collections.abc import Iterator

from mlstack_common.refusal import Mistake, Refusal

SUSPICIOUS = re.compile(r"[eE\\](?:\+?\d{3}|u[dD][89a-fA-F])")
"""Signs of a number that is too large, or of half a character; to look at every value costs more than to read it. A number too
large that is written out in hundreds of digits has none: the rules of its field refuse it."""

LONGEST = 4000
"""Most digits of a whole number that are read: Python itself reads few more."""

TOO_LARGE = "is larger than a number can be"


class Twice(dict[str, object]):
    """An object of which some keys were given twice."""

    keys_twice: list[str]


class Reader:
    """Reads one text. What is no JSON is noted, and looked for when the whole is known, since only then its place is."""

    def __init__(self) -> None:
        self.suspects = False

    def read(self, text: str) -> object:
        """The value, with marks where it is wrong.

        Raises:
            ValueError, RecursionError: it is no JSON, or nested too deeply.
        """
        self.suspects = SUSPICIOUS.search(text) is not None
        try:
            return json.loads(text, parse_constant=self.constant, object_pairs_hook=self.object)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number with more digits than Python reads
            self.suspects = True
            return json.loads(text, parse_constant=self.constant, object_pairs_hook=self.object, parse_int=whole)

    def constant(self, name: str) -> float:
        self.suspects = True
        return float(name)

    def object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        one = dict(pairs)
        if len(one) == len(pairs):
            return one
        self.suspects = True
        wrong, keys = Twice(one), [key for key, _ in pairs]
        wrong.keys_twice = sorted({key for key in keys if keys.count(key) > 1})
        return wrong


def whole(digits: str) -> int | float:
    """A whole number, or infinity for one that is too long."""
    return int(digits) if len(digits) <= LONGEST else math.inf


def parse(data: bytes) -> object:
    """The value of a request's body.

    Raises:
        Refusal: 422 with the places that are wrong.
    """
    reader = Reader()
    try:
        value = reader.read(data.decode())
        mistakes = list(mistakes_of(value, "")) if reader.suspects else []
    except UnicodeDecodeError:
        raise Refusal(422, [Mistake("body", "is not UTF-8")]) from None
    except RecursionError:
        raise Refusal(422, [Mistake("body", "is nested too deeply")]) from None
    except json.JSONDecodeError as error:
        raise Refusal(422, [Mistake("body", f"is not JSON: {error.msg}")]) from None
    if mistakes:
        raise Refusal(422, mistakes)
    return value


def mistakes_of(value: object, path: str) -> Iterator[Mistake]:
    """What is wrong in a value, in its order."""
    place = path or "body"
    if isinstance(value, float) and not math.isfinite(value):
        yield Mistake(place, "must be a number, is NaN" if math.isnan(value) else TOO_LARGE)
    elif isinstance(value, str) and not is_text(value):
        yield Mistake(place, "has half of a character")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from mistakes_of(one, f"{path}.{index}" if path else str(index))
    elif isinstance(value, dict):
        if isinstance(value, Twice):
            yield from (Mistake(f"{path}.{shown(key)}" if path else shown(key), "is given twice") for key in value.keys_twice)
        for key, one in value.items():
            if not is_text(key):
                yield Mistake(place, "has half of a character in a key")
            yield from mistakes_of(one, f"{path}.{shown(key)}" if path else shown(key))


def is_text(value: str) -> bool:
    """Whether a text can be written as UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(key: str) -> str:
    """A key as a message can hold it."""
    return key.encode(errors="replace").decode()
