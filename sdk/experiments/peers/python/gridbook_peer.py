"""What the programs here share: one JSON question a line comes in, one JSON answer a line goes out.

Standard input that ends is the wish to end: at once, also in the middle of a computation.
"""

import _thread
import importlib.util
import json
import os
import platform
import queue
import signal
import sys
import threading
import time

# How long it may take to end by itself.
END_SECONDS_MAX = 10

# Answers alone go where they are read. Whatever else is printed, by libraries too, goes to standard error.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def _answer(value):
    _answers.write(json.dumps(value) + "\n")
    _answers.flush()


def require(*names):
    """Imports modules. Says which are missing, and ends, when there are any."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        _answer({"missing": missing})
        sys.exit(0)
    return [importlib.import_module(name) for name in names]


def _others():
    """The processes of this program's own temporary folder: Ray's workers lead groups of their own."""
    mark = f"RAY_TMPDIR={os.environ.get('RAY_TMPDIR', '')}\0".encode()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            with open(f"/proc/{name}/environ", "rb") as environ:
                if name != str(os.getpid()) and mark in environ.read():
                    yield int(name)
        except (OSError, ValueError):
            pass  # it is none, has ended, or is another user's


def _kill_all():
    """Kills what this program started, and itself. What was only starting may have started more meanwhile."""
    while others := list(_others()):
        for pid in others:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def serve(answer_to, modules, close=lambda: None):
    """Answers questions, one after the other, until standard input ends."""
    questions = queue.Queue()

    def read():
        for line in sys.stdin:
            questions.put(json.loads(line))
        # Interrupted wherever it is: a question that is not yet taken up would be worked on to its end.
        _thread.interrupt_main()
        questions.put(None)  # wakes it if it waits
        time.sleep(END_SECONDS_MAX)
        _kill_all()

    threading.Thread(target=read, daemon=True).start()
    versions = {module.__name__: module.__version__ for module in modules}
    try:
        _answer({"versions": {"python": platform.python_version(), **versions}})
        while (question := questions.get()) is not None:
            try:
                answer = answer_to(question)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            _answer(answer)
    except KeyboardInterrupt:
        pass
    finally:
        close()
        _kill_all()  # processes that were starting while the rest was ended do not notice that it was
