"""A connection to a Weaviate server that mends itself, and what its failures mean for a person."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]
import httpx
import weaviate
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.config import GrpcConfig
from weaviate.exceptions import WeaviateBaseError, WeaviateConnectionError
from weaviate.proto.v1 import health_weaviate_pb2 as health

from ingestion.errors import IndexUnavailableError
from ingestion.index.weaviate_errors import sentence_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from weaviate import WeaviateClient

    from ingestion.settings import Settings

WRITE_TIMEOUTS = 3
"""A batch of chunks may take so many times as long as a question."""
CONNECT_SECONDS = 5.0
"""The most to wait for a port to answer at all, however patient the setting."""
CHANNEL = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    # gRPC's own is two minutes: a server that has come back would go unnoticed that long.
    ("grpc.max_reconnect_backoff_ms", 1000),
)

# The client logs a refused batch with the objects in it: document text, which no log may hold.
logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)


class Connection:
    """One server. Opened at the first call; after a failure the next call opens it anew. Safe for threads."""

    def __init__(
        self, url: str, *, grpc_host: str, grpc_port: int, api_key: str | None = None, timeout: float = 20
    ) -> None:
        self.url = url
        self._grpc = (grpc_host, grpc_port)
        self._key = api_key
        self._timeout = timeout
        self._lock = threading.RLock()
        self._client: WeaviateClient | None = None
        self._channel: Any = None
        self._reachable = self._in_doubt = False
        self.opened = 0
        """Grows whenever it was found again: what was known of the server before that may no longer hold."""

    @contextmanager
    def asking(self) -> Iterator[WeaviateClient]:
        """The client, for one or more requests. Raises IndexUnavailableError for whatever goes wrong."""
        try:
            yield self._found()
        except (WeaviateBaseError, httpx.HTTPError, grpc.RpcError) as error:
            # Not closed: other threads may be in the middle of a request. Both ports mend themselves.
            self._in_doubt = True
            raise IndexUnavailableError(sentence_for(error, self.url, self._timeout)) from error

    def close(self) -> None:
        """Give it back; a later call opens it again."""
        with self._lock:
            client, self._client = self._client, None
            self._close_channel()
        if client is not None:
            client.close()

    def _found(self) -> WeaviateClient:
        with self._lock:
            client = self._client
            if client is None:
                client = self._client = self._open()
                self.opened += 1
        if self._in_doubt or not self._reachable:
            self._knock()
            with self._lock:
                self._in_doubt = False
                self.opened += 1
        return client

    def _open(self) -> WeaviateClient:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        init = min(self._timeout, CONNECT_SECONDS)
        timeout = Timeout(init=init, query=self._timeout, insert=self._timeout * WRITE_TIMEOUTS)
        host, grpc_port = self._grpc
        if (parts.hostname, port) == self._grpc:
            raise IndexUnavailableError(
                f"Weaviate's address {self.url} and its gRPC port are the same. Set"
                " SALESMATE_WEAVIATE_GRPC_PORT to the port that the server opens for gRPC, usually 50051."
            )
        credentials = self._trusted() if secure else None
        self._channel = _channel(f"{host}:{grpc_port}", credentials)
        self._channel.subscribe(self._notice)
        try:
            self._knock()
            # The client's own checks would ask a package registry for news: nothing here calls out unasked.
            return weaviate.connect_to_custom(
                http_host=parts.hostname or "",
                http_port=port,
                http_secure=secure,
                grpc_host=host,
                grpc_port=grpc_port,
                grpc_secure=secure,
                auth_credentials=Auth.api_key(self._key) if self._key else None,
                additional_config=AdditionalConfig(
                    timeout=timeout,
                    trust_env=self._own_authority,
                    grpc_config=GrpcConfig(channel_options=list(CHANNEL), credentials=credentials),
                ),
                skip_init_checks=True,
            )
        except BaseException:
            self._close_channel()
            raise

    def _knock(self) -> None:
        """Raise unless both ports answer. The client would try a dead gRPC port for a minute."""
        try:
            httpx.get(
                f"{self.url}/v1/.well-known/live",
                timeout=min(self._timeout, CONNECT_SECONDS),
                trust_env=self._own_authority,
            )
        except httpx.HTTPError as error:
            raise WeaviateConnectionError(str(error)) from error
        check = self._channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health.WeaviateHealthCheckRequest.SerializeToString,
            response_deserializer=health.WeaviateHealthCheckResponse.FromString,
        )
        try:
            check(health.WeaviateHealthCheckRequest(), timeout=min(self._timeout, CONNECT_SECONDS))
        except grpc.RpcError as error:
            host, port = self._grpc
            raise IndexUnavailableError(
                f"Weaviate at {self.url} answers, but its gRPC port {host}:{port} does not. Open that port,"
                " or set SALESMATE_WEAVIATE_GRPC_HOST and SALESMATE_WEAVIATE_GRPC_PORT."
            ) from error

    @property
    def _own_authority(self) -> bool:
        """Whether SSL_CERT_FILE names who vouches for servers; else the usual public authorities do.

        Only then is the rest of the environment taken too: the client knows proxies but no NO_PROXY.
        """
        return bool(os.environ.get("SSL_CERT_FILE"))

    def _trusted(self) -> grpc.ChannelCredentials:
        if not self._own_authority:
            return grpc.ssl_channel_credentials()
        try:
            return grpc.ssl_channel_credentials(Path(os.environ["SSL_CERT_FILE"]).read_bytes())
        except OSError as error:
            raise IndexUnavailableError(f"SSL_CERT_FILE cannot be read: {error}.") from error

    def _notice(self, state: grpc.ChannelConnectivity) -> None:
        self._reachable = state is grpc.ChannelConnectivity.READY

    def _close_channel(self) -> None:
        channel, self._channel = self._channel, None
        self._reachable = False
        if channel is not None:
            channel.unsubscribe(self._notice)
            channel.close()


def connect(settings: Settings) -> Connection:
    """The connection that the settings describe; opened at its first use.

    Raises IndexUnavailableError when the API key's file cannot be read.
    """
    url = settings.weaviate_url or ""
    return Connection(
        url,
        grpc_host=settings.weaviate_grpc_host or urlsplit(url).hostname or "",
        grpc_port=settings.weaviate_grpc_port,
        api_key=_api_key(settings),
        timeout=settings.weaviate_timeout,
    )


def _api_key(settings: Settings) -> str | None:
    key, file = settings.weaviate_api_key, settings.weaviate_api_key_file
    if file is None:
        return key.get_secret_value() if key else None
    if key is not None:
        raise IndexUnavailableError(
            "SALESMATE_WEAVIATE_API_KEY and SALESMATE_WEAVIATE_API_KEY_FILE are both set; unset one of them."
        )
    try:
        held = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        kind = error.strerror if isinstance(error, OSError) else "it is not text"
        raise IndexUnavailableError(
            f"SALESMATE_WEAVIATE_API_KEY_FILE: {file} cannot be read: {kind}."
        ) from None
    if not held:
        raise IndexUnavailableError(f"SALESMATE_WEAVIATE_API_KEY_FILE: {file} is empty.")
    return held


def _channel(target: str, credentials: grpc.ChannelCredentials | None) -> Any:
    if credentials is not None:
        return grpc.secure_channel(target, credentials, options=CHANNEL)
    return grpc.insecure_channel(target, options=CHANNEL)
