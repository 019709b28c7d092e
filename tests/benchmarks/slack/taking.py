"""What takes Slack's events in, without the worker that answers them: our app, its queue, uvicorn."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

from agents.records.database import open_database
from agents.records.settings import RecordsSettings
from bot.composition import open_house
from bot.serve.app import CONNECTIONS
from bot.settings import ServeSettings
from bot.slack.joined import join_slack
from bot.slack.settings import SlackSettings
from bot.turns.queue import open_queue


async def main() -> None:
    database = await open_database(RecordsSettings().database, connections=CONNECTIONS)
    house, queue = open_house(database), open_queue(database)
    async with join_slack(
        SlackSettings(), ServeSettings(), database=database, house=house, queue=queue
    ) as slack:
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        web = Starlette(routes=slack.routes)
        config = uvicorn.Config(web, lifespan="off", log_config=None, access_log=False)
        await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main())
