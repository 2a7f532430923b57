"""`killed.py STEP`: for each number on standard input, runs the step in a process of its own that ends by SIGKILL at its
touch of the database of that number, counted from 0: before a statement, or before a commit. Says how each ended.

`killed.py STEP never` runs it once, unharmed."""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from mlstack_common import ending
from wind_power import follow, history, inference, model, stream

point, touches = -1, 0


def touch(*_):
    global touches
    if touches == point:
        os.kill(os.getpid(), signal.SIGKILL)
    touches += 1


event.listen(Engine, "before_cursor_execute", touch)
event.listen(Engine, "commit", touch)

if file := os.environ.get("TEST_MODEL"):  # a model from a file, since loading MLflow's client takes most of a run's time
    booster = model.lgb.Booster(model_str=Path(file).read_text())
    inference.Follower.start = lambda self: setattr(self, "loaded", follow.Loaded("1", booster))

main = {"history": history, "inference": inference, "stream": stream}[sys.argv[1]].main
if sys.argv[2:] == ["never"]:
    ending.run(main)
    sys.exit()
for line in sys.stdin:
    point = int(line)
    if (child := os.fork()) == 0:
        ending.run(main)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
