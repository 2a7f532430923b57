"""`python -m mlstack_common.variables MODULE:CLASS`: the rules of a settings class, by variable, as JSON.

Stack files are checked by the same rules before anything is deployed: `variables.json` of each workload has them.
"""

import importlib
import json
import sys

from pydantic_settings import BaseSettings

RULES = ("type", "format", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength")
"""What is kept of JSON Schema; the rest are texts and defaults."""


def rules_of(settings: type[BaseSettings]) -> dict[str, dict[str, object]]:
    """The rules by variable. Those that Python code checks are not among them."""
    properties = settings.model_json_schema()["properties"]
    return {name.upper(): rule_of(given) for name, given in sorted(properties.items())}


def rule_of(given: dict) -> dict[str, object]:
    """One variable's rule. Absence is no value of a variable, and a list is one text."""
    options = [option for option in given.get("anyOf", [given]) if option.get("type") != "null"]
    rule = {key: options[0][key] for key in RULES if key in options[0]} if len(options) == 1 else {}
    return {"type": "string"} if rule.get("type") == "array" else rule


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    print(json.dumps(rules_of(getattr(importlib.import_module(module), name))))


if __name__ == "__main__":
    main()
