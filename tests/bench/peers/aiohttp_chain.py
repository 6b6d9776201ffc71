# SPDX-License-Identifier: GPL-3.0-or-later
"""The three-call chain of row T3 as a script on asyncio and aiohttp: the leanest that people write.
python3 aiohttp_chain.py URL ROWS IN_FLIGHT [stream]"""
import asyncio
import json
import sys

import aiohttp


async def call(session, url, text, stream):
    body = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
    if not stream:
        async with session.post(url, json=body) as reply:
            reply.raise_for_status()
            message = (await reply.json())["choices"][0]["message"]["content"]
            return json.loads(message)["answer"]
    answer = ""
    async with session.post(url, json={**body, "stream": True}) as reply:
        reply.raise_for_status()
        async for line in reply.content:
            if line.startswith(b"data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    answer += choice["delta"].get("content") or ""
    return answer


async def main(base, rows, in_flight, stream):
    with open(rows, encoding="utf-8") as file:
        samples = iter([json.loads(line) for line in file])
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work():
            for sample in samples:
                for _ in range(3):
                    answer = await call(session, base + "/v1/chat/completions", sample["text"], stream)
                sample["expected"] in answer

        await asyncio.gather(*(work() for _ in range(in_flight)))


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), len(sys.argv) > 4))
