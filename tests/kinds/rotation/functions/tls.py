"""TLS before a PostgreSQL that was built without it: what a client sends goes on to the server.

A client asks for TLS in PostgreSQL's own words before the handshake. Who does not is sent away.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ASKS = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


@contextmanager
def in_front_of(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1, for the server at ``port`` of the same."""
    loop = asyncio.new_event_loop()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_ASKS)) == _ASKS:
                writer.write(b"S")
                await writer.start_tls(context)
                there, back = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pass(reader, back), _pass(there, writer))
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(meet, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end() -> None:
    """End what is still open."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
