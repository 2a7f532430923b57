"""A real Redis for the tests that need one."""

import pytest
from mlstack_testing import free_port, kill, listens, start, until


@pytest.fixture
def redis_port(tmp_path):
    port = free_port()
    process = start("redis-server", "--port", str(port), "--requirepass", "secret", "--dir", str(tmp_path), "--save", "")
    until(lambda: listens(port))
    yield port
    kill(process)
