"""`replaced.py inference`: runs it; during its first prediction the history is replaced."""

import os
import subprocess
import sys

from wind_power import model

HISTORY = {"HISTORY_ROWS": "600", "SEED": "8", "DATABASE_URL": os.environ["DATABASE_URL"]}
predict, replaced = model.predict, []


def late(booster, features):
    if not replaced:
        replaced.append(subprocess.run([sys.executable, "-m", "wind_power", "history"], env=HISTORY, check=True))
    return predict(booster, features)


model.predict = late
sys.argv.append("never")
import killed  # noqa: E402,F401
