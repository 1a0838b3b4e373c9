"""A server that passes requests on to a sandbox, and spoils the answers byte by byte."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import socket
import struct
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN_PATH = "/rest/oauth/token"
CRLF = b"\r\n"


@dataclass
class Talk:
    """One request, and the good answer to it.

    Attributes:
        socket: Where the client is.
        status: The good answer's status line.
        body: The good answer's content.
        ended: Set when the server is shut down.
    """

    socket: socket.socket
    status: bytes
    body: bytes
    ended: threading.Event = field(repr=False)

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def head(self, *lines: bytes, length: int | None = None) -> bytes:
        size = len(self.body) if length is None else length
        return CRLF.join((self.status, *lines, b"Content-Length: %d" % size, b"", b""))

    def open_head(self, *lines: bytes) -> bytes:
        """Return a head that does not say how long the content is."""
        return CRLF.join((self.status, *lines, b"", b""))

    def good(self, *lines: bytes) -> bytes:
        return self.head(*lines) + self.body

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)

    def drip(self, what: bytes) -> None:
        while not self.ended.wait(0.02):
            self.send(what)


FINE: dict[str, Callable[[Talk], None]] = {}
"""Answers that are odd and yet clear: everything arrives, and nothing is asked for again."""
UNCLEAR: dict[str, Callable[[Talk], None]] = {}
"""Answers that cannot be used: they are asked for again."""
SLOW: dict[str, Callable[[Talk], None]] = {}
"""Answers that never end."""
FINAL: dict[str, Callable[[Talk], None]] = {}
"""Answers after which nothing is asked for again."""


def _in(
    table: dict[str, Callable[[Talk], None]],
) -> Callable[[Callable[[Talk], None]], Callable[[Talk], None]]:
    def add(kind: Callable[[Talk], None]) -> Callable[[Talk], None]:
        table[kind.__name__] = kind
        return kind

    return add


def _says(table: dict[str, Callable[[Talk], None]], name: str, *parts: bytes) -> None:
    """Add a kind that says always the same, and closes the connection."""

    def kind(talk: Talk) -> None:
        talk.send(*parts)
        talk.close()

    table[name] = kind


def _with_lines(table: dict[str, Callable[[Talk], None]], name: str, *lines: bytes) -> None:
    """Add a kind that is good but for further headers."""
    table[name] = lambda talk: talk.send(talk.good(*lines))


def _chunked(body: bytes, size: int, *, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts)
    return chunks + b"0\r\n" + trailers + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


@_in(FINE)
def continues_first(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 100 Continue\r\n\r\n", talk.good())


@_in(FINE)
def hints_first(talk: Talk) -> None:
    talk.send(INTERIM * 3, b"HTTP/1.1 100 Continue\r\n\r\n", INTERIM, talk.good())


@_in(FINE)
def processes_first(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 102 Processing\r\nContent-Length: 20\r\n\r\n")
    talk.ended.wait(0.005)
    talk.send(talk.good())


@_in(FINE)
def closes_without_a_word(talk: Talk) -> None:
    talk.send(talk.good())
    talk.close()


@_in(FINE)
def closes_a_little_later(talk: Talk) -> None:
    talk.send(talk.good())
    talk.ended.wait(0.002)
    talk.close()


@_in(FINE)
def closes_as_it_says(talk: Talk) -> None:
    talk.send(talk.good(b"Connection: close"))
    talk.close()


@_in(FINE)
def is_as_long_as_the_connection(talk: Talk) -> None:
    talk.send(talk.open_head(), talk.body)
    talk.close()


@_in(FINE)
def speaks_http_1_0(talk: Talk) -> None:
    talk.send(talk.good().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    talk.close()


@_in(FINE)
def comes_in_chunks(talk: Talk) -> None:
    talk.send(talk.open_head(CHUNKED), _chunked(talk.body, 7))


@_in(FINE)
def comes_in_tiny_chunks_with_extensions(talk: Talk) -> None:
    chunks = _chunked(talk.body, 1, extension=b";a=" + b"x" * 20)
    talk.send(talk.open_head(CHUNKED), chunks)


@_in(FINE)
def has_trailers(talk: Talk) -> None:
    trailers = b"Content-Length: 3\r\nX-Sum: 1\r\n"
    talk.send(talk.open_head(CHUNKED), _chunked(talk.body, 50, trailers=trailers))


@_in(FINE)
def ends_lines_as_unix_does(talk: Talk) -> None:
    talk.send(talk.head().replace(CRLF, b"\n"), talk.body)


@_in(FINE)
def says_its_length_twice(talk: Talk) -> None:
    talk.send(talk.good(b"Content-Length: %d" % len(talk.body)))


@_in(FINE)
def is_followed_by_a_blank_line(talk: Talk) -> None:
    talk.send(talk.good(), CRLF)


@_in(FINE)
def is_followed_by_another_answer(talk: Talk) -> None:
    talk.send(talk.good(), talk.head(length=2), b"{}")


@_in(FINE)
def is_followed_by_a_lot(talk: Talk) -> None:
    talk.send(talk.good(), b"x" * 100_000)


@_in(FINE)
def is_compressed(talk: Talk) -> None:
    body = gzip.compress(talk.body)
    talk.send(talk.head(b"Content-Encoding: gzip", length=len(body)), body)


@_in(FINE)
def is_compressed_in_two(talk: Talk) -> None:
    body = gzip.compress(talk.body[:10]) + gzip.compress(talk.body[10:])
    talk.send(talk.head(b"Content-Encoding: x-gzip", length=len(body)), body)


@_in(FINE)
def is_deflated(talk: Talk) -> None:
    body = zlib.compress(talk.body)
    talk.send(talk.head(b"Content-Encoding: deflate", length=len(body)), body)


@_in(FINE)
def is_deflated_without_a_mark(talk: Talk) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(talk.body) + packer.flush()
    talk.send(talk.head(b"Content-Encoding: deflate", length=len(body)), body)


@_in(FINE)
def is_utf_16(talk: Talk) -> None:
    body = talk.body.decode().encode("utf-16")
    talk.send(talk.head(length=len(body)), body)


@_in(FINE)
def has_no_reason(talk: Talk) -> None:
    number = talk.status.split()[1]
    talk.send(talk.good().replace(talk.status, b"HTTP/1.1 " + number, 1))


_with_lines(FINE, "has_a_header_in_two_lines", b"X-Long: a\r\n b")
_with_lines(FINE, "has_odd_letters", b"X-Odd: \xff\xfe\x01\x85")
_with_lines(FINE, "names_a_wrong_encoding", b"Content-Type: application/json; charset=punycode")
_with_lines(FINE, "has_90_headers", *(b"X-%d: 1" % number for number in range(90)))
_with_lines(FINE, "storms_with_cookies", *(b"Set-Cookie: a=" + b" " * 2500 for _ in range(80)))
_with_lines(
    FINE, "asks_for_a_date_cookie", b"Set-Cookie: a=b; expires=1 a 1" + b" " * 60_000 + b"x"
)


@_in(FINE)
def has_a_long_reason(talk: Talk) -> None:
    talk.send(talk.good().replace(talk.status, talk.status + b" x" * 20_000, 1))


# ------------------------------------------------------------ answers that cannot be used

_says(UNCLEAR, "says_nothing")
_says(UNCLEAR, "is_a_banner", b"SSH-2.0-OpenSSH_9.6\r\n")
_says(UNCLEAR, "is_an_alert_of_tls", b"\x15\x03\x01\x00\x02\x02\x46")
_says(UNCLEAR, "is_http_2", b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}")
_says(UNCLEAR, "is_http_0_9", b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\n{}")
_says(UNCLEAR, "has_a_status_that_is_a_word", b"HTTP/1.1 OK\r\n\r\n{}")
_says(UNCLEAR, "has_a_status_with_a_sign", b"HTTP/1.1 +200 OK\r\nContent-Length: 2\r\n\r\n{}")
_says(UNCLEAR, "changes_the_protocol", b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n")
_says(UNCLEAR, "hints_200_times", INTERIM * 200)
_says(UNCLEAR, "breaks_off_in_the_status", b"HTTP/1.1 2")
_says(UNCLEAR, "breaks_off_in_a_header", b"HTTP/1.1 200 OK\r\nContent-Le")
_says(UNCLEAR, "breaks_off_after_a_header", b"HTTP/1.1 200 OK\r\nA: b\r\n")
_says(UNCLEAR, "breaks_off_in_a_chunk", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n50\r\n{")
_says(UNCLEAR, "breaks_off_between_chunks", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n2\r\n{}\r\n")
_says(UNCLEAR, "has_a_negative_chunk", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n-5\r\n{}\r\n")
_says(UNCLEAR, "has_a_chunk_with_a_prefix", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n0x2\r\n{}")
_says(UNCLEAR, "has_a_huge_chunk", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n" + b"f" * 40 + CRLF)
_says(
    UNCLEAR,
    "has_many_trailers",
    b"HTTP/1.1 200 OK\r\n",
    CHUNKED,
    b"\r\n\r\n2\r\n{}\r\n0\r\n",
    b"a: b\r\n" * 10_000,
)
_says(
    UNCLEAR, "has_a_long_extension", b"HTTP/1.1 200 OK\r\n", CHUNKED, b"\r\n\r\n2;", b"x" * 100_000
)
_says(UNCLEAR, "has_200_headers", b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 200, b"\r\n{}")
_says(UNCLEAR, "has_a_header_of_1_mb", b"HTTP/1.1 200 OK\r\na: ", b"b" * 1_000_000, b"\r\n\r\n{}")
_says(
    UNCLEAR,
    "has_headers_of_5_mb",
    b"HTTP/1.1 200 OK\r\n",
    (b"a: " + b"b" * 60_000 + CRLF) * 90,
    b"\r\n{}",
)

_with_lines(UNCLEAR, "has_two_lengths", b"Content-Length: 2")
_with_lines(UNCLEAR, "has_a_length_and_chunks", CHUNKED)
_with_lines(UNCLEAR, "has_a_header_without_a_name", b": x")
_with_lines(UNCLEAR, "has_a_header_without_a_colon", b"garbage")
_with_lines(UNCLEAR, "has_a_name_with_a_blank", b"Content-Length : 3")
_with_lines(UNCLEAR, "has_a_lone_carriage_return", b"X: a\rContent-Length: 3")


def _with_length(name: str, value: bytes) -> None:
    UNCLEAR[name] = lambda talk: talk.send(talk.open_head(b"Content-Length: " + value), talk.body)


_with_length("has_a_negative_length", b"-1")
_with_length("has_a_length_with_a_sign", b"+5")
_with_length("has_a_length_with_a_line", b"1_0")
_with_length("has_a_list_of_lengths", b"2, 3")
_with_length("has_a_length_of_5000_digits", b"9" * 5000)
_with_length("has_a_length_in_two_lines", b"1\r\n 0")


def _with_coding(name: str, *codings: bytes) -> None:
    lines = [b"Transfer-Encoding: " + coding for coding in codings]
    UNCLEAR[name] = lambda talk: talk.send(talk.open_head(*lines), _chunked(talk.body, 9))


_with_coding("has_an_unknown_coding", b"xchunked")
_with_coding("has_two_codings", b"gzip, chunked")
_with_coding("is_chunked_twice", b"chunked", b"chunked")


def _send_content(talk: Talk, body: bytes, *lines: bytes) -> None:
    talk.send(talk.head(*lines, length=len(body)), body)


def _with_content(name: str, body: bytes, *lines: bytes) -> None:
    UNCLEAR[name] = lambda talk: _send_content(talk, body, *lines)


GZIP = b"Content-Encoding: gzip"


def _bomb() -> bytes:
    """Return what becomes a gigabyte when it is decompressed, and is a megabyte before."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head, checksum = gzip.compress(b"")[:10], 0x9AC47FA6  # of a gigabyte of blanks
    return head + piece * 1024 + packer.flush() + struct.pack("<II", checksum, 1 << 30)


_BOMB = _bomb()
_with_content("is_a_bomb", _BOMB, GZIP)
_with_content("is_a_bomb_in_a_bomb", gzip.compress(_BOMB), b"Content-Encoding: gzip, gzip")
_with_content("is_compressed_as_nobody_asked", b"\x1b\x00", b"Content-Encoding: br")
_with_content("is_not_compressed_as_it_says", b"{}", GZIP)
_with_content("is_compressed_in_part", gzip.compress(b"{}" * 50)[:-9], GZIP)
_with_content("is_empty_json", b"[]")
_with_content("is_nested_deeply", b"[" * 1_000_000)
_with_content("has_millions_of_values", b"[" + b"{}," * 1_000_000 + b"{}]")
_with_content("has_a_number_of_a_million_digits", b'{"meta":' + b"9" * 1_000_000 + b"}")
_with_content("has_a_number_that_is_none", b'{"meta":{},"data":NaN}')
_with_content("has_an_endless_number", b'{"meta":{},"data":[1e999]}')
_with_content("is_not_text", bytes(range(256)) * 100)
_with_content("is_a_web_page", b"<html><title>Sign in</title></html>")
_with_content("is_a_page_of_titles", b"<title>" * 30_000)


def _fails(name: str, status: bytes, body: bytes, *lines: bytes) -> None:
    def kind(talk: Talk) -> None:
        talk.status = b"HTTP/1.1 " + status
        talk.send(talk.head(*lines, length=len(body)), body)

    UNCLEAR[name] = kind


_fails("fails_with_a_page_of_titles", b"500 Oops", b"<title>" * 30_000)
_fails("fails_at_length", b"502 Bad Gateway", b"x" * 500_000)
_fails("fails_in_punycode", b"503 No", b"a-" * 30_000, b"Content-Type: text/x; charset=punycode")
_fails("asks_for_a_negative_pause", b"503 No", b"", b"Retry-After: -5")
_fails("asks_for_a_pause_that_is_none", b"503 No", b"", b"Retry-After: nan")
_fails("asks_for_a_pause_without_end", b"503 No", b"", b"Retry-After: 1e308")
_fails("asks_for_a_pause_of_many_digits", b"503 No", b"", b"Retry-After: " + b"9" * 60_000)
_fails("has_an_unknown_status", b"999 \x1b[31m::error::", b"{}")
_fails("has_not_changed", b"304 Not Modified", b"")


@_in(UNCLEAR)
def resets_the_connection(talk: Talk) -> None:
    talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(talk.socket.detach())


# ------------------------------------------------------------ answers that never end


@_in(SLOW)
def is_silent(talk: Talk) -> None:
    talk.ended.wait()


@_in(SLOW)
def drips_its_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nX: ")
    talk.drip(b"y")


@_in(SLOW)
def drips_its_content(talk: Talk) -> None:
    talk.send(talk.head(length=100_000))
    talk.drip(b" ")


@_in(SLOW)
def drips_chunks(talk: Talk) -> None:
    talk.send(talk.open_head(CHUNKED))
    talk.drip(b"1\r\n \r\n")


@_in(SLOW)
def drips_trailers(talk: Talk) -> None:
    talk.send(talk.open_head(CHUNKED), b"0\r\n")
    talk.drip(b"a: b\r\n")


@_in(SLOW)
def drips_hints(talk: Talk) -> None:
    talk.drip(INTERIM)


# ------------------------------------------------------------ answers that end it


def _ends(name: str, status: bytes, *lines: bytes) -> None:
    def kind(talk: Talk) -> None:
        talk.status, talk.body = b"HTTP/1.1 " + status, b""
        talk.send(talk.good(*lines))

    FINAL[name] = kind


_ends("is_never_let_in", b"401 No", b"WWW-Authenticate: " + b'x="' * 10_000)
_ends("redirects_to_itself", b"302 Found", b"Location: /rest/v1/projects")
_ends("redirects_far", b"307 There", b"Location: https://a.example/" + b"../" * 20_000)
_ends("redirects_to_nothing", b"301 There", b"Location: http://[")

ALL = {**FINE, **UNCLEAR, **SLOW, **FINAL}


class MadServer:
    """Answers requests as a sandbox does, and spoils those answers that it is told to.

    Args:
        port: Where the sandbox listens on loopback.

    Attributes:
        spoils: Says how to spoil the answer to a request; None for a good one.
        seen: The first lines of the requests.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._kept: list[socket.socket] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.spoils: Callable[[str], Callable[[Talk], None] | None] = lambda _: None
        self.seen: list[str] = []
        self.came = threading.Event()

    def always(self, kind: Callable[[Talk], None]) -> None:
        """Spoil every answer but tokens."""
        self.spoils = lambda line: None if TOKEN_PATH in line else kind

    def once_each(self, *kinds: Callable[[Talk], None]) -> None:
        """Spoil the first answer to each request, in each way by turns; the second one is good."""
        known: set[str] = set()
        turns = itertools.cycle(kinds)

        def spoils(line: str) -> Callable[[Talk], None] | None:
            if line in known or TOKEN_PATH in line:
                return None
            known.add(line)
            return next(turns)

        self.spoils = spoils

    def run(self) -> None:
        """Take connections until the server is closed."""
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        """End all threads."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._kept:
            connection.close()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), client.makefile("rb") as stream:
            while line := stream.readline():
                headers = _read_headers(stream)
                body = stream.read(int(headers.get(b"content-length", 0)))
                self._answer(client, line.decode(), headers, body)

    def _answer(
        self, client: socket.socket, line: str, headers: dict[bytes, bytes], body: bytes
    ) -> None:
        method, path, _ = line.split()
        with self._lock:
            self.seen.append(f"{method} {path}")
            kind = self.spoils(line)
        if kind is not None and kind.__name__ in FINAL | SLOW:
            status, content = b"HTTP/1.1 200 OK", b""  # nothing is done
        else:
            passed = (b"authorization", b"content-type")
            lines = [b"%s: %s" % (name, headers[name]) for name in passed if name in headers]
            lines += b"Host: 127.0.0.1", b"Content-Length: %d" % len(body)
            status, content = self._pass_on(CRLF.join([line.encode().rstrip(), *lines, b"", body]))
        talk = Talk(client, status, content, self._ended)
        self.came.set()
        if kind is None:
            talk.send(talk.good())
        else:
            kind(talk)

    def _pass_on(self, request: bytes) -> tuple[bytes, bytes]:
        """Return the status line and the content of the answer."""
        with self._lock:
            kept = self._kept.pop() if self._kept else None
        connection = kept or socket.create_connection(("127.0.0.1", self._port), timeout=30)
        with connection.makefile("rb") as stream:
            connection.sendall(request)
            status = stream.readline().rstrip()
            content = stream.read(int(_read_headers(stream)[b"content-length"]))
        with self._lock:
            self._kept.append(connection)
        return status, content


def _read_headers(stream: BinaryIO) -> dict[bytes, bytes]:
    """Read lines up to the blank one; their names come in small letters."""
    parts = (line.partition(b":") for line in iter(stream.readline, CRLF))
    return {name.lower(): value.strip() for name, _, value in parts}


@contextmanager
def mad_server(port: int) -> Iterator[MadServer]:
    server = MadServer(port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
