"""Variables of a command, read into a settings class; all mistakes are reported at once."""

from typing import Any, TypeVar, get_args

from pydantic import SecretBytes, SecretStr, ValidationError
from pydantic_settings import BaseSettings

from mlstack_common.ending import Exit, Failure

S = TypeVar("S", bound=BaseSettings)

LONGEST = 100
"""Most characters of a wrong value that are repeated."""


def read(settings: type[S]) -> S:
    """The variables of the environment.

    Raises:
        Failure: some are wrong; one line each, `NAME: rule, got 'value'`, never with a secret.
    """
    try:
        return settings()
    except ValidationError as error:
        lines = [line_of(settings, mistake) for mistake in error.errors(include_url=False)]
        raise Failure(Exit.SETTINGS, "\n".join(lines)) from None


def line_of(settings: type[BaseSettings], mistake: Any) -> str:
    """One mistake. A rule of the whole class has no place: its text begins with the variable's name."""
    text = "is required" if mistake["type"] == "missing" else mistake["msg"].removeprefix("Value error, ")
    if not mistake["loc"]:
        return text
    field = str(mistake["loc"][0])
    # Rules of our own say themselves what is wrong with the value.
    if mistake["type"] not in ("missing", "value_error") and is_public(settings, field, mistake["input"]):
        text += f", got {mistake['input']!r}"
    return f"{field.upper()}: {text}"


def is_public(settings: type[BaseSettings], field: str, value: object) -> bool:
    """Whether a value may be repeated: a secret may not, nor an address, which can hold a login."""
    if not isinstance(value, str) or len(value) > LONGEST or "@" in value:
        return False
    return field in settings.model_fields and not holds_secret(settings.model_fields[field].annotation)


def holds_secret(annotation: object) -> bool:
    """Whether a type is that of a secret, or has one among its parts."""
    return annotation in (SecretStr, SecretBytes) or any(holds_secret(part) for part in get_args(annotation))
