"""`trainer-torchrun`: torchrun, started so that it works with Debian's PyTorch too.

PyTorch 1.13 looks for "redirect nothing" among the members of a flag type; since Python 3.11 the member of value 0 is not
among them, and torchrun fails before it starts anything. Later versions of PyTorch do not need this.
"""

from torch.distributed import run
from torch.distributed.elastic.multiprocessing import api


def main() -> None:
    from_text = api.Std.from_str
    api.Std.from_str = classmethod(lambda cls, text: cls.NONE if text == "0" else from_text(text))
    run.main()
