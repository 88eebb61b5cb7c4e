"""A mail server in bad humour, in place of the stack's: `refusing_sink.py PORT MAILDIR`.

Recipients whose address holds "poison" are refused for good (550), "defer" for now (451, the
first two times), "slow" after five seconds; everybody else's mail is filed like the stack's own
server does."""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

_numbers = itertools.count()


class Handler:
    def __init__(self, maildir):
        self._maildir = Path(maildir)
        self._deferred = {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if "poison" in address:
            return "550 5.1.1 no such mailbox"
        if "defer" in address:
            self._deferred[address] = self._deferred.get(address, 0) + 1
            if self._deferred[address] <= 2:
                return "451 4.2.0 try again later"
        if "slow" in address:
            await asyncio.sleep(5)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        name = f"refusing-{os.getpid()}-{next(_numbers)}"
        temporary = self._maildir / "tmp" / name
        temporary.write_bytes(envelope.original_content)
        temporary.rename(self._maildir / "new" / name)
        return "250 OK"


async def main(port, maildir):
    handler = Handler(maildir)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, decode_data=False), "127.0.0.1", port)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
