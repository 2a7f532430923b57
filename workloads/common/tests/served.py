"""`served.py port=N [workers=N] [replace_lost=yes] [load=FILE] [fail=CODE] [fail_if=FILE] [access_log=yes]`: a server for the tests.

A worker is ready once `load` exists; where `fail` is given, it gives up then, if `fail_if` exists too.
"""

import os
import sys
import threading
import time

from mlstack_common import ending, logs
from mlstack_common.timing import LEAVE, LEAVING
from mlstack_common.workers import Serving, serve

OPTIONS = dict(argument.split("=") for argument in sys.argv[1:])


class Service:
    def __init__(self, place):
        from mlstack_common.measure import Measure
        from mlstack_common.metrics import RequestMetrics, exposition
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        self.place, self.loaded, self.leaving = place, threading.Event(), False

        async def ready(_):
            if self.leaving:
                return PlainTextResponse("asked to stop", LEAVING)
            return PlainTextResponse(str(os.getpid()), 200 if self.place.all_ready else 503)

        async def numbers(_):
            return PlainTextResponse(exposition())

        async def fail(_):
            raise RuntimeError("on purpose")

        async def take(request):
            return PlainTextResponse(str(len(await request.body())))

        routes = [
            Route("/ready", ready),
            Route("/take", take, methods=["POST"]),
            Route("/items/{item}", ready),
            Route("/fail", fail),
            Route("/metrics", numbers),
        ]
        self.app = Measure(Starlette(routes=routes), RequestMetrics("served"), routes)

    def start(self, stop):
        threading.Thread(target=self.load, args=[stop], daemon=True).start()

    def load(self, stop):
        while "load" in OPTIONS and not os.path.exists(OPTIONS["load"]):
            time.sleep(0.01)
        if "fail" in OPTIONS and os.path.exists(OPTIONS.get("fail_if", "/")):
            return stop(int(OPTIONS["fail"]), f"gave up with {OPTIONS['fail']}")
        self.loaded.set()
        self.place.set_ready()

    def leave(self):
        self.leaving = True
        return LEAVE if self.is_ready() else 0

    def is_ready(self):
        return self.loaded.is_set()


def main():
    logs.start("INFO")
    return serve(
        Serving(
            name="served",
            host="127.0.0.1",
            port=int(OPTIONS["port"]),
            workers=int(OPTIONS.get("workers", "1")),
            create=Service,
            replace_lost=OPTIONS.get("replace_lost") == "yes",
            access_log=OPTIONS.get("access_log") == "yes",
        )
    )


if __name__ == "__main__":
    ending.run(main)
