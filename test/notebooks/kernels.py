"""Drives real kernels for the tests: a command a line as JSON on standard input, an answer a line on standard output."""

import json
import os
import sys
import time

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient


def execute(path, timeout):
    """Runs all cells of a notebook, so many seconds each at most; writes it back with their outputs."""
    notebook = nbformat.read(path, 4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        allow_errors=True,
        record_timing=False,
        resources={"metadata": {"path": os.path.dirname(path)}},
    )
    started = time.monotonic()
    client.execute()
    nbformat.write(notebook, path)
    return {"seconds": time.monotonic() - started}


class Kernel:
    """One kernel, as a notebook's user has it."""

    def __init__(self, folder):
        self.manager = KernelManager(kernel_name="tslab")
        self.manager.start_kernel(cwd=folder)
        self.client = None
        self.begun = None
        self.shown = {}
        self.connect()

    def connect(self):
        if self.client is not None:
            self.client.stop_channels()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)

    def message(self):
        """What the kernel tells next; what the cell that was begun shows is kept, each place as it stands."""
        message = self.client.get_iopub_msg(timeout=30)
        is_shown = message["msg_type"] in ("display_data", "update_display_data")
        if is_shown and message["parent_header"].get("msg_id") == self.begun:
            content = message["content"]
            self.shown[content["transient"]["display_id"]] = content["data"]
        return message

    def begin(self, code, until):
        """Runs a cell until it has shown a text, and leaves it running."""
        self.run("0;")  # the kernel takes cells again
        self.begun = self.client.execute(code)
        self.shown = {}
        while True:
            message = self.message()
            if message["parent_header"].get("msg_id") != self.begun:
                continue
            if until in json.dumps(self.shown):
                return {}
            if message["content"].get("execution_state") == "idle":
                raise RuntimeError(f"The cell ended without showing {until}")

    def begun_shows(self):
        """What the cell that was begun had shown when the latest one ended."""
        return {"texts": [data.get("text/plain", "") for data in self.shown.values()]}

    def run(self, code):
        """Runs a cell to its end. The kernel refuses cells for a moment after one that failed, and then tells of no end."""
        started = time.monotonic()
        while True:
            request = self.client.execute(code)
            while True:
                reply = self.client.get_shell_msg(timeout=30)
                if reply["parent_header"].get("msg_id") == request:
                    break
            status = reply["content"]["status"]
            if status not in ("abort", "aborted"):
                break
            time.sleep(0.05)
        outputs = []
        while True:
            message = self.message()
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                outputs.append({"type": "stream", "content": content})
            if message["msg_type"] == "display_data":
                outputs.append({"type": "display", "content": {"text": content["data"].get("text/plain", "")}})
            if content.get("execution_state") == "idle":
                break
        return {"seconds": time.monotonic() - started, "status": status, "outputs": outputs}

    def interrupt(self):
        self.manager.interrupt_kernel()
        return {}

    def restart(self):
        self.manager.restart_kernel()
        return {}

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        return {}


kernel = None
try:
    for line in sys.stdin:
        command = json.loads(line)
        name = command.pop("do")
        if name == "execute":
            answer = execute(**command)
        elif name == "start":
            kernel = Kernel(**command)
            answer = {}
        else:
            answer = getattr(kernel, name)(**command)
        print(json.dumps(answer), flush=True)
finally:
    if kernel is not None and kernel.manager.is_alive():
        kernel.manager.shutdown_kernel(now=True)
