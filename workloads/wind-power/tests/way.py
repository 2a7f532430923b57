"""A way to a server that can be closed: connections break, and new ones are refused."""

import contextlib
import socket
import threading

from mlstack_testing import free_port


class Way:
    """Copies bytes between its own port and that of the server, while it is open."""

    def __init__(self, to):
        self.to, self.port, self.listener, self.ends = to, free_port(), None, []
        self.url = f"http://127.0.0.1:{self.port}"

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", self.to))
                self.ends += [here, there]
                for source, target in ((here, there), (there, here)):
                    threading.Thread(target=copy, args=[source, target], daemon=True).start()

    def close(self):
        # Closing alone would leave a thread that accepts in the kernel, and with it the port.
        for end in (self.listener, *self.ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends = []


def copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
