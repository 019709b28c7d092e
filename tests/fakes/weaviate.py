"""A Weaviate server in this process: its REST and its gRPC on ports of their own, strict in what it takes.

It computes what the real server computes, from that server's source, and knows nothing of SalesMate.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import uvicorn
from weaviate.proto.v1 import weaviate_pb2_grpc

from tests.fakes.weaviate_grpc import Service, health_handler
from tests.fakes.weaviate_rest import application
from tests.fakes.weaviate_store import Store

WORKERS = 16


@dataclass
class FakeWeaviate:
    """The server's data and its faults. Faults are switched on and off while it runs."""

    url: str = ""
    grpc_port: int = 0
    api_key: str | None = None
    version: str = "1.33.0"
    store: Store = field(default_factory=Store)
    slow: float = 0.0
    """Seconds before each gRPC answer."""
    drops: int = 0
    """So many gRPC calls end with a lost connection."""
    refuses: Callable[[str, int], bool] | None = None
    """Which objects of a batch fail, by collection and place in the batch."""
    hybrids: list[Any] = field(default_factory=list)
    """The hybrid searches so far, as they were asked."""
    calls: int = 0
    """gRPC calls so far."""

    def objects(self, collection: str) -> int:
        """How many objects a collection has, over all tenants."""
        with self.store.lock:
            kept = self.store.classes.get(collection)
            return sum(map(len, kept.tenants.values())) if kept else 0


class Running:
    """The double on ports the system chose. `stop` and `start` take it down and up on the same ports.

    `certificate` is the files of a key and of its certificate: both ports then speak TLS.
    """

    def __init__(self, certificate: tuple[Path, Path] | None = None, **settings: Any) -> None:
        self.fake = FakeWeaviate(**settings)
        self._certificate = certificate
        self._rest_port = 0

    def __enter__(self) -> Running:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._start_rest()
        self.start_grpc()

    def stop(self) -> None:
        self.stop_grpc()
        self._http.should_exit = self._http.force_exit = True
        self._thread.join(timeout=5)

    def start_grpc(self) -> None:
        options = (("grpc.so_reuseport", 0),)
        self._grpc = grpc.server(ThreadPoolExecutor(WORKERS), options=options)
        weaviate_pb2_grpc.add_WeaviateServicer_to_server(Service(self.fake), self._grpc)  # type: ignore[no-untyped-call]
        self._grpc.add_generic_rpc_handlers((health_handler(),))
        address = f"127.0.0.1:{self.fake.grpc_port}"
        if self._certificate:
            pair = tuple(file.read_bytes() for file in self._certificate)
            self.fake.grpc_port = self._grpc.add_secure_port(address, grpc.ssl_server_credentials([pair]))
        else:
            self.fake.grpc_port = self._grpc.add_insecure_port(address)
        self._grpc.start()

    def stop_grpc(self) -> None:
        self._grpc.stop(grace=None).wait(5)

    def _start_rest(self) -> None:
        key, certificate = self._certificate or (None, None)
        config = uvicorn.Config(
            application(self.fake),
            host="127.0.0.1",
            port=self._rest_port,
            log_level="critical",
            lifespan="off",
            ssl_keyfile=key,
            ssl_certfile=certificate,
        )
        self._http = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._http.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._http.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("The Weaviate double did not start within ten seconds.")
            time.sleep(0.005)
        self._rest_port = self._http.servers[0].sockets[0].getsockname()[1]
        scheme = "https" if self._certificate else "http"
        self.fake.url = f"{scheme}://127.0.0.1:{self._rest_port}"
