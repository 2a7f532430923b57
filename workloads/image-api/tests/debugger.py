"""A debugger's side of the Debug Adapter Protocol, as far as a breakpoint needs it."""

import json
import socket
import time

from mlstack_testing import PATIENCE


class Debugger:
    """One session. Messages that were not waited for are kept."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._seen = []

    def send(self, command, **arguments):
        self._number += 1
        body = json.dumps({"seq": self._number, "type": "request", "command": command, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def event(self, name):
        """The next event of this name."""
        end = time.monotonic() + PATIENCE
        while True:
            for message in self._seen:
                if message.get("event") == name:
                    self._seen.remove(message)
                    return message.get("body", {})
            assert time.monotonic() < end, f"no event {name}"
            self._seen.append(self._read())

    def _read(self):
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            assert line, "the debugger was closed"
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self._file.read(length))

    def attach(self, breakpoints=(), **arguments):
        """Joins a process, with breakpoints at (path, line)."""
        self.send("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        self.send("attach", **{"justMyCode": False, **arguments})
        self.event("initialized")
        for path, line in breakpoints:
            self.send("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": line}])
        self.send("configurationDone")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()
