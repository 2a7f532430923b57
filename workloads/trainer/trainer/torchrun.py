"""`trainer-torchrun`: torchrun, started so that it works with Debian's PyTorch too.

PyTorch 1.13 looks for "redirect nothing" among the members of a flag type; since Python 3.11 the member of value 0 is not
among them, and torchrun fails before it starts anything. Later versions of PyTorch do not need this.
"""

import sys

from torch.distributed import run
from torch.distributed.elastic.multiprocessing import api
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from mlstack_common.ending import Exit, first_line
from trainer.group import is_lost_peer


def main() -> None:
    from_text = api.Std.from_str
    api.Std.from_str = classmethod(lambda cls, text: cls.NONE if text == "0" else from_text(text))
    try:
        run.main()
    except ChildFailedError as error:
        # As one process would end: a member whose ranks only lost a peer is not to blame.
        _, first = error.get_first_failure()
        sys.exit(Exit.LOST_PEER if first.exitcode == Exit.LOST_PEER else Exit.FAILED)
    except RuntimeError as error:
        if not is_lost_peer(error):
            raise
        print(f"torchrun lost a peer: {first_line(error)}", file=sys.stderr, flush=True)
        sys.exit(Exit.LOST_PEER)
