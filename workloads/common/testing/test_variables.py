"""The rules by which stack files are checked are those of the image."""

import json
import subprocess
from pathlib import Path

import pytest

WRITTEN = json.loads(Path(__file__).with_name("variables.json").read_text())
PYTHON = "/opt/venv/bin/python"
"""The image's own; the tests may run in another environment."""


@pytest.mark.parametrize("settings", WRITTEN)
def test_variables_json_has_the_rules_of(settings):
    """After a change of a settings class: `workloads/variables NAME`."""
    done = subprocess.run([PYTHON, "-m", "mlstack_common.variables", settings], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == WRITTEN[settings]
