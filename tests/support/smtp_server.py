"""A mail server that does what the local part of the recipient says.

rcpt450@ rcpt550@        refused at RCPT
data451@ data554@        refused after DATA
drop@ slow@              hangs up, or says nothing, once it has the message
late@                    refused after DATA, two and a half seconds later
reset@                   takes the message, then hangs up the kept connection
anybody else@            filed as <folder>/<n>.eml: envelope on the first line, then the message

The sender mail421@ or mail550@ is refused at MAIL, the sender once@ from the second message of a
connection on. With --greeting LINE the server says that line
to everybody and hangs up; with --ehlo LINE it greets well and answers EHLO and HELO so.
"""
import argparse
import asyncio
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

REFUSALS = {
    "rcpt450": "450 4.2.1 mailbox busy",
    "rcpt550": "550 5.1.1 no such user",
    "mail421": "421 4.3.2 shutting down",
    "mail550": "550 5.7.1 sender not welcome",
    "data451": "451 4.3.0 try again",
    "data554": "554 5.6.0 message refused",
}


def local_part(address):
    return address.partition("@")[0]


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_MAIL(self, server, session, envelope, address, options):
        refusal = REFUSALS.get(local_part(address), "")
        if local_part(address).startswith("mail") and refusal:
            return refusal
        session.messages = getattr(session, "messages", 0) + 1
        if local_part(address) == "once" and session.messages > 1:
            return "421 4.7.0 too many messages over this connection"
        envelope.mail_from = address
        return "250 2.1.0 sender ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if local_part(address).startswith("rcpt"):
            return REFUSALS[local_part(address)]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        who = local_part(envelope.rcpt_tos[0])
        if who in REFUSALS:
            return REFUSALS[who]
        if who == "drop":
            server.transport.abort()
            await asyncio.sleep(1)
            return "451 gone"
        if who == "slow":
            await asyncio.sleep(60)
        if who == "late":
            await asyncio.sleep(2.5)
            return REFUSALS["data554"]
        if who == "reset":
            asyncio.get_running_loop().call_later(0.05, server.transport.abort)
        self.count += 1
        head = f"{envelope.mail_from} {','.join(envelope.rcpt_tos)} {session.auth_data or '-'}\n"
        part = self.folder / f"{self.count}.part"
        part.write_bytes(head.encode() + envelope.original_content)
        part.rename(self.folder / f"{self.count}.eml")
        return "250 2.0.0 filed"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)


async def say(line, ehlo, reader, writer):
    writer.write(line.encode() + b"\r\n")
    while ehlo and await reader.readline():
        writer.write(ehlo.encode() + b"\r\n")
    await writer.drain()
    writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--greeting", default="")
    parser.add_argument("--ehlo", default="")
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--smtps", action="store_true")
    parser.add_argument("--cert", default="")
    args = parser.parse_args()
    loop = asyncio.get_running_loop()
    context = None
    if args.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.cert)
    handler = Handler(args.folder)
    if args.greeting or args.ehlo:
        greeting = args.greeting or "220 hello"
        server = await asyncio.start_server(
            lambda r, w: say(greeting, args.ehlo, r, w), "127.0.0.1", args.port)
    else:
        server = await loop.create_server(
            lambda: SMTP(handler, hostname="test", loop=loop,
                         tls_context=context if args.starttls else None,
                         require_starttls=args.starttls,
                         auth_required=args.auth, auth_require_tls=False,
                         authenticator=authenticate if args.auth else None),
            "127.0.0.1", args.port, ssl=context if args.smtps else None)
    await server.serve_forever()


asyncio.run(main())
