"""moto's DynamoDB as a table store, where there is no Java: one request at a time, since moto is not made for more.

Run as a program it serves until its standard input ends.
"""

from __future__ import annotations

import os
import sys
import threading

from tidemark.stack.store_process import StoreProcess

LIMITS = (
    "tables live in moto, which is slow beyond some 1,000 items a table and keeps nothing;"
    " install Java 17 and Maven for DynamoDB Local"
)


def start() -> StoreProcess:
    """A new process."""
    return StoreProcess([sys.executable, "-m", "tidemark.stack.moto_store"])


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve."""
    import logging

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").disabled = True
    threading.Thread(target=_end_with_input, daemon=True).start()
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    print(f"PORT {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
