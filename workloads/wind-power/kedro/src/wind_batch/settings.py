"""Settings of the Kedro project."""

import os
from pathlib import Path

GIVEN = Path("/app/conf")
"""Configuration of the operator, in the place of the project's own, when it has a folder `base`."""

CONF_SOURCE = str(GIVEN) if (GIVEN / "base").is_dir() else "conf"
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"variable": lambda name, default: os.environ.get(name, default)},
}
# They write into the project's folder, which is read-only in the image.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-viz",)
