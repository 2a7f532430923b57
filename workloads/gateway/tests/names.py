"""A name server for the tests: the gateway finds its replicas by DNS, as it does on every platform."""

import socket
import struct
import threading


class Names:
    """Answers questions for addresses from a table that a test may change."""

    def __init__(self) -> None:
        self.table: dict[str, list[str]] = {}
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                question, client = self.socket.recvfrom(4096)
                self.asked += 1
                self.socket.sendto(self._answer(question), client)
            except OSError:  # closed
                return

    def _answer(self, question: bytes) -> bytes:
        labels, at = [], 12
        while (length := question[at]) > 0:
            labels.append(question[at + 1 : at + 1 + length].decode())
            at += 1 + length
        end = at + 5  # the zero, the type and the class
        kind = struct.unpack("!H", question[at + 1 : at + 3])[0]
        found = self.table.get(".".join(labels), []) if kind == 1 else []
        flags = 0x8180 if found else 0x8183
        records = b"".join(struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(address) for address in found)
        return question[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + question[12:end] + records

    def close(self) -> None:
        """Stops answering."""
        self.socket.close()
