"""What an adapter logs: lines of JSON, and never what a request was signed with."""

import asyncio
import json
import os
import sys
from pathlib import Path

CONFIG = """
[core]
target = "127.0.0.1:1"
token = "env:SECRET"

[adapters.acme]
provider_id = "acme"
protocol = "thrillgate"
secrets = ["env:SECRET"]
"""


async def test_a_request_that_is_no_http_leaves_nothing_of_it_in_the_log(tmp_path):
    config = tmp_path / "adapters.toml"
    config.write_text(CONFIG)
    adapter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters", "acme", "--config", str(config)),
        cwd=Path(__file__).parents[2],
        env=os.environ | {"SECRET": "s3cr3t"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        host, port = json.loads(await adapter.stdout.readline())["url"].removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nX-Server-Authorization: 5ec7e7\x01\r\n\r\n")
        answer = await reader.read()
        writer.close()
    finally:
        adapter.terminate()
        _, log = await adapter.communicate()

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert [line for line in log.splitlines() if not line.startswith(b"{")] == []
    assert b"5ec7e7" not in log
