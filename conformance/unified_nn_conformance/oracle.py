"""The real frameworks, each in a process of its own: a crash or a hang costs one case.

    python -m unified_nn_conformance.oracle torch

reads questions from standard input and writes answers to standard output, pickled and preceded by their length.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
import select
import struct
import subprocess
import sys
from typing import IO, Any

from unified_nn_conformance.answer import Answer, Question

TIMEOUT = 120.0  # seconds for one case; a first case also imports the framework
HEADER = struct.Struct("<Q")


def _send(stream: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(HEADER.pack(len(data)) + data)
    stream.flush()


def _describe(error: BaseException) -> tuple[str, list[str], str]:
    return type(error).__name__, [c.__name__ for c in type(error).__mro__], str(error)


def _work(vocabulary: str) -> None:
    """Answer questions until standard input ends."""
    from unified_nn import registry
    from unified_nn_conformance.drivers import driver

    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a framework prints must not come between the answers
    registry.backend(vocabulary)  # applies the patches that its import needs
    framework = importlib.import_module(vocabulary)
    drive = driver(vocabulary)
    while header := sys.stdin.buffer.read(HEADER.size):
        question: Question = pickle.loads(sys.stdin.buffer.read(HEADER.unpack(header)[0]))
        try:
            answer = drive.run(framework, question)
        except Exception as error:  # whatever the framework raises is the answer
            answer = Answer(error=_describe(error))
        _send(replies, answer)


class Oracle:
    """One framework's process, started when first asked and again after a crash."""

    def __init__(self, vocabulary: str) -> None:
        self.vocabulary = vocabulary
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def missing(self) -> str | None:
        """Why this oracle cannot run here, or None."""
        if importlib.util.find_spec(self.vocabulary) is None:
            return f"{self.vocabulary} is not installed"
        return None

    def ask(self, question: Question) -> Answer:
        """The real framework's answer; `unavailable` where its process crashed or hung."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, question)
            header = self._read(process.stdout, HEADER.size)
            answer: Answer = pickle.loads(self._read(process.stdout, HEADER.unpack(header)[0]))
        except (EOFError, BrokenPipeError):
            process.wait()
            self._process = None
            return Answer(unavailable=f"the {self.vocabulary} process ended with status {process.returncode}")
        except TimeoutError:
            self.close()
            return Answer(unavailable=f"the {self.vocabulary} process gave no answer within {TIMEOUT:g} s")
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        roots = [p for p in sys.path if p]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(roots), "GLOG_v": os.environ.get("GLOG_v", "3")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "unified_nn_conformance.oracle", self.vocabulary],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        return self._process

    @staticmethod
    def _read(stream: IO[bytes], count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            if not select.select([stream], [], [], TIMEOUT)[0]:
                raise TimeoutError
            part = os.read(stream.fileno(), count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return parts

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


if __name__ == "__main__":
    _work(sys.argv[1])
