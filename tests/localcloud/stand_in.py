"""A program that replaces LocalStack: it behaves like the host program, but starts at once and on any Python."""

from __future__ import annotations

import sys
from pathlib import Path

from localcloud.localstack.installation import Installation

# Writes the files that LocalStack writes; `worker` is a child process that survives a kill of its parent, as a
# function's process does.
PROGRAM = """
import http.server, json, os, pathlib, signal, subprocess, sys, uuid
assert sys.argv[1:3] == ["-m", "localcloud.localstack.host"], sys.argv
files, tmp = pathlib.Path(os.environ["FILESYSTEM_ROOT"]), pathlib.Path(os.environ["TMPDIR"])
cache = files / "var" / "lib" / "localstack" / "cache"
cache.mkdir(parents=True, exist_ok=True)
catalogue = cache / "catalogue"
made = "anew" if not catalogue.exists() else "read"
catalogue.write_text("of services")
(files / "var" / "lib" / "localstack" / "state").write_text("of services")
(tmp / "objects").write_text("of buckets")
folder = tmp / "function"
folder.mkdir()
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True,
                          env={"TMPDIR": str(folder)})
print("catalogue", made, "worker", worker.pid, flush=True)
sys.path.insert(0, os.getcwd())
from localcloud.guard import keys
key = keys.ensure(pathlib.Path(sys.argv[4])).fingerprint
identity = {"key": key, "id": uuid.uuid4().hex, "version": "stand-in 1", "project": sys.argv[3], "engine": "localstack"}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({**identity, "ready": True}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

def end(*_):
    worker.kill()
    sys.exit()

signal.signal(signal.SIGTERM, end)
host, port = os.environ["GATEWAY_LISTEN"].split(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


def complete(folder: Path, program: str = PROGRAM) -> Installation:
    """Return an installation that counts as complete; its Python always runs this program."""
    requirements = folder / "requirements.txt"
    (folder / "environment" / "bin").mkdir(parents=True)
    (folder / "program.py").write_text("import sys\nsys.argv.insert(1, '-m')\n" + program)
    requirements.write_text("")
    installation = Installation(folder / "environment", requirements, find=str, uv=str)
    installation.python.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -u "{folder / "program.py"}" "$@"\n')
    installation.python.chmod(0o755)
    installation.note_complete()
    return installation
