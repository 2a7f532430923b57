"""MLflow's server without a second process.

`mlflow server` prepares the database, starts uvicorn as a child, and stays beside it: MLflow is loaded twice, which takes three
seconds and 150 MB more. Here uvicorn goes on in the process that is there. Tried with MLflow 3.17.2 and uvicorn 0.54.0; where MLflow
no longer starts its child the same way, it is started as MLflow does.
"""

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

# Before MLflow is loaded, which makes a server of itself where it finds this module.
from uvicorn.main import main as uvicorn


def main(command: Sequence[str]) -> NoReturn:
    """Ends as the server that `command` (`mlflow server …`) starts; the variables of this process are the server's."""
    from mlflow import server
    from mlflow.cli import cli

    if not callable(getattr(server, "_exec_cmd", None)):
        os.execvp(command[0], command)
    server._exec_cmd = serve
    cli(list(command[1:]))


def serve(command: Sequence[str], *, extra_env: dict[str, str], **_) -> NoReturn:
    """Takes the place of MLflow's function that starts `python -m uvicorn …` with further variables."""
    os.environ.update(extra_env)
    # When uvicorn has finished the running requests it raises the signal again, which would look like a kill.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    uvicorn(list(command[command.index("uvicorn") + 1 :]))


if __name__ == "__main__":
    main(sys.argv[1:])
