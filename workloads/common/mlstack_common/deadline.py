"""A limit of time for calls over gRPC."""

import grpc


class Deadline(grpc.UnaryUnaryClientInterceptor):
    """Gives every call at most `seconds`: without it, a call to a server that accepts and does not answer waits for ever."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(details._replace(timeout=self.seconds), request)
