"""Profile pictures (SPEC U4): through nginx, with what strangers send."""

import struct
import zlib
from pathlib import Path

import pytest

from support import processes
from support.client import Client, signed_in
from support.processes import peak_memory_kib

NOBODY = "00000000-0000-7000-8000-00000000abcd"


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))


def png(width, height, rows=None, extra=b""):
    """RGB; `rows`: the raw image data, all black unless given."""
    raw = rows if rows is not None else (b"\0" + b"\0\0\0" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0,
                                                              0, 0))
            + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def put(client, data, *, name="me.png", media="image/png", field="picture", expect=None, **more):
    return client.call("PUT", "/auth/me/picture", files={field: (name, data, media), **more},
                       expect=expect)


@pytest.fixture(name="me")
def _me(stack, user):
    return signed_in(stack, user)


def test_a_picture_is_set_seen_replaced_and_removed(stack, tenant, me):
    """U4: 512 x 512, an ETag, a 304; the profile tells where it is."""
    assert me.get("/auth/me", expect=200).json()["picture_url"] is None
    url = put(me, png(30, 20), expect=200).json()["picture_url"]
    assert url == f"/auth/users/{stack.user_id(me.user)}/picture"
    assert me.get("/auth/me", expect=200).json()["picture_url"] == url
    colleague = signed_in(stack, stack.new_user(tenant))
    seen = colleague.get(url, expect=200)
    assert seen.headers["Content-Type"] == "image/jpeg" and seen.content[:3] == b"\xff\xd8\xff"
    assert seen.headers["Cache-Control"] == "private, no-cache"
    etag = seen.headers["ETag"]
    for match in (etag, "W/" + etag, f'"x", {etag}', "*"):
        again = colleague.get(url, headers={"If-None-Match": match}, expect=304)
        assert again.content == b"" and again.headers["ETag"] == etag
    white = png(8, 8, (b"\0" + b"\xff" * 24) * 8)
    put(me, white, expect=200)
    fresh = colleague.get(url, headers={"If-None-Match": etag}, expect=200)
    assert fresh.headers["ETag"] != etag and fresh.content != seen.content
    assert colleague.call("HEAD", url, expect=200).content == b""
    me.call("DELETE", "/auth/me/picture", expect=204)
    me.call("DELETE", "/auth/me/picture", expect=204)
    missing = colleague.get(url, expect=(404, "not_found"))
    assert me.get("/auth/me", expect=200).json()["picture_url"] is None
    events = stack.sql("SELECT * FROM audit_events WHERE target_id = %s AND event = 'user.updated'",
                       stack.user_id(me.user))
    assert len(events) == 3
    nobody = colleague.get(f"/auth/users/{NOBODY}/picture", expect=404)
    foreign = signed_in(stack, stack.new_user(stack.new_tenant()))
    put(foreign, white, expect=200)
    other = colleague.get(f"/auth/users/{stack.user_id(foreign.user)}/picture", expect=404)
    bodies = [{k: v for k, v in a.json().items() if k != "request_id"}
              for a in (missing, nobody, other)]
    assert bodies[0] == bodies[1] == bodies[2]
    Client(stack).get(url, expect=(401, "authentication_required"))


@pytest.mark.parametrize("name, data", [
    ("svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ("html", b"<html><script>alert(1)</script></html>"),
    ("gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
    ("huge png", png(100_000, 100_000, b"\0")),
    ("one over", png(40_000_001, 1, b"\0")),
    ("empty png", png(0, 0, b"\0")),
    ("cut", png(200, 200)[:120]),
    ("huge jpeg", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01"
                  b"\x03\x11\x01\xff\xd9"),
    ("huge webp", b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"
                  b"\x9f\x86\x01\x9f\x86\x01"),
    ("a word", b"picture"),
])
def test_what_is_no_picture_is_refused(stack, me, name, data):
    """U4: also by its content, whatever it says it is; the worker lives, its memory is bounded."""
    workers = stack.workers("account")
    put(me, data, expect=(422, "unsupported_image"))
    assert stack.workers("account") == workers, name
    assert max(peak_memory_kib(pid) for pid in workers) < 200 * 1024


def test_forms_that_are_none(me):
    """E5."""
    good = png(4, 4)
    put(me, good, field="file", expect=(422, "validation_failed"))
    put(me, good, more=("x", b"y"), expect=(422, "validation_failed"))
    put(me, b"", expect=(422, "validation_failed"))
    me.call("PUT", "/auth/me/picture", data=good, headers={"Content-Type": "image/png"},
            expect=(415, "unsupported_media_type"))
    me.call("PUT", "/auth/me/picture", data=b"--x\r\nbroken",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
            expect=(400, "malformed_json"))


def test_five_mebibytes_and_no_more(stack, me):
    """U4, E5: 413 for the file, and for the body before it is read."""
    padding = chunk(b"teXt", b"x" * (5 * 1024 * 1024 - 200))
    put(me, png(4, 4, extra=padding), expect=200)
    put(me, png(4, 4, extra=padding + chunk(b"teXt", b"y" * 200)), expect=(413, "body_too_large"))
    put(me, b"z" * (6 * 1024 * 1024 + 1), expect=(413, "body_too_large"))
    assert all(Path(f"/proc/{pid}").exists() for pid in stack.workers("account"))
    assert processes.children(stack.info["pids"]["pools"]["account"])
