import socket

import grpc
import pytest
from mlstack_common.deadline import Deadline


def test_a_server_that_accepts_and_does_not_answer_costs_a_limited_time():
    with socket.create_server(("127.0.0.1", 0)) as silent, grpc.insecure_channel(f"127.0.0.1:{silent.getsockname()[1]}") as channel:
        call = grpc.intercept_channel(channel, Deadline(0.2)).unary_unary("/a/B")
        with pytest.raises(grpc.RpcError) as error:
            call(b"")
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
