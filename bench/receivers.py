"""Receivers for bench/webhooks.py: `/well` accepts at once, `/hanging` never answers.  Prints the port."""

import asyncio

from aiohttp import web


async def well(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=204)


async def hanging(_request: web.Request) -> web.Response:
    await asyncio.sleep(3_600)
    return web.Response(status=204)


async def serve() -> None:
    application = web.Application()
    application.add_routes([web.post("/well", well), web.post("/hanging", hanging)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
