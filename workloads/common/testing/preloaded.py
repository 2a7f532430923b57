"""Commands of the image that tests start dozens of times, without the seconds that their libraries take to import.

One process of the image's own Python imports the libraries; each start is a fork of it that goes on as the command's program
would: with the given variables only, as the head of a session, from the command's `main` on. Where the start itself is the
question, tests start the program.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points

PYTHON = "/opt/venv/bin/python"
"""The image's own; the tests run in another environment."""
LONGEST = 100_000
"""Most bytes of a request, or of an answer."""


class Preloaded:
    """The process that has imported `modules`; `env` is what it reads when it starts, such as the number of threads."""

    def __init__(self, *modules, env):
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # Not the folder of the tests: a program must not find what is in it.
            command = [PYTHON, "-P", __file__, str(theirs.fileno()), *modules]
            self._process = subprocess.Popen(command, env=env, pass_fds=[theirs.fileno()])

    def start(self, *command, env, log=None, stdout=None, stderr=None):
        """Starts a command by its name, a module with `-m`, or a file by its path, with exactly these variables; `log`, or two files, get what it prints."""
        answers, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"command": command, "env": env}).encode()
        with theirs, open(log or os.devnull, "ab") as printed:
            given = (printed, printed) if log else (stdout, stderr)
            outputs = [number if file is None else file.fileno() for number, file in enumerate(given, 1)]
            socket.send_fds(self._requests, [request], [theirs.fileno(), *outputs])
        return Program(command, answers)

    def run(self, *command, env, timeout=600):
        """Runs a command to its end, as `subprocess.run` does; gives its code and what it printed. `timeout` only ends what hangs."""
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            program = self.start(*command, env=env, stdout=stdout, stderr=stderr)
            try:
                code = program.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                raise
            for file in (stdout, stderr):
                file.seek(0)
            return subprocess.CompletedProcess(command, code, stdout.read(), stderr.read())

    def end(self):
        self._requests.close()
        self._process.wait()


class Program:
    """A command that was started; what tests use of `subprocess.Popen`."""

    def __init__(self, command, answers):
        self.args, self.returncode, self._answers = command, None, answers
        self.pid = int(answers.recv(LONGEST))

    def poll(self):
        if self.returncode is None and select.select([self._answers], [], [], 0)[0]:
            self.returncode = int(self._answers.recv(LONGEST))
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None and not select.select([self._answers], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.poll()

    def send_signal(self, sent):
        if self.poll() is None:
            os.kill(self.pid, sent)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def main():
    """Imports the modules, then starts programs until the tests have ended. Has no thread, which a fork would lose."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    scripts = {entry.name: entry for entry in entry_points(group="console_scripts")}
    # What a fork does not touch is not copied.
    gc.freeze()
    ended, awake = socket.socketpair()
    for end in (ended, awake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(awake.fileno())
    running = {}
    with selectors.DefaultSelector() as events:
        events.register(requests, selectors.EVENT_READ)
        events.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.fileobj is ended:
                    ended.recv(LONGEST)
                    report(running)
                    continue
                text, files, *_ = socket.recv_fds(requests, LONGEST, 3)
                if not text:
                    return
                answers = socket.socket(fileno=files[0])
                pid = os.fork()
                if pid == 0:
                    # What ends it ends all that it starts, and so it is the head before anyone knows of it.
                    os.setsid()
                    answers.send(str(os.getpid()).encode())
                    forget(requests, ended, awake, answers, *running.values())
                    events.close()
                    become(scripts, **json.loads(text), files=files[1:])
                for file in files[1:]:
                    os.close(file)
                running[pid] = answers


def report(running):
    """Says of each program that has ended with which code."""
    for pid, answers in list(running.items()):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            with answers, contextlib.suppress(OSError):
                answers.send(str(os.waitstatus_to_exitcode(status)).encode())
            del running[pid]


def forget(*sockets):
    """In a fork: what belongs to the process that it was."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in sockets:
        one.close()


def become(scripts, command, env, files):
    """Goes on as the command, whose script does no more than this, as the module or as the file."""
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(env)
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    elif "/" in command[0]:
        sys.argv = command
        sys.path.insert(0, os.path.dirname(command[0]))
        runpy.run_path(command[0], run_name="__main__")
    else:
        sys.argv = command
        sys.exit(scripts[command[0]].load()())
    sys.exit()


if __name__ == "__main__":
    main()
