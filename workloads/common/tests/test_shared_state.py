import os

import pytest
from mlstack_common.shared_state import SLOTS, SharedState


def test_is_ready_when_as_many_as_it_began_with_are():
    state = SharedState(2)
    state.set_ready(1)
    state.set_ready(1)
    assert not state.all_ready
    state.set_ready(SLOTS + 2)  # the number of a worker only grows
    assert state.all_ready


@pytest.mark.parametrize("reason", ["", "no model: ä", "x" * 5000])
def test_a_forked_process_leaves_code_and_reason(reason):
    state = SharedState(1)
    assert (state.exit_code, state.failure) == (0, "")
    if not (pid := os.fork()):
        state.set_ready(1)
        state.give_up(75, reason)
        os._exit(0)
    os.waitpid(pid, 0)
    assert state.all_ready and state.exit_code == 75
    assert state.failure == reason[:1023]
