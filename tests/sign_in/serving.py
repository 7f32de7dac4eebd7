"""An ASGI application on a real port, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def served(make: Callable[[str], ASGIApp]) -> Iterator[str]:
    """The address of `make(address)` while it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(make(address), log_config=None, access_log=False, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        # A connection made before the server runs waits in the socket's backlog, so nobody has to ask when it is ready.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()
