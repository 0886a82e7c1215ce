"""The wall around every answer: security headers, and addresses that are refused before anything looks at them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

STRICT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Datasette's own pages carry style attributes (no scripts: our templates leave those out).
STOCK_POLICY = STRICT_POLICY + "; style-src-attr 'unsafe-inline'"
STOCK_PATHS = ("/innovations", "/-/")
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
# Pages for whoever develops Datasette; they show file paths, threads and permission rules.
CLOSED_PATHS = ("/-/databases", "/-/threads", "/-/plugins", "/-/patterns", "/-/messages", "/-/allow-debug")


def refusal(raw_path: bytes) -> int | None:
    """The status with which an address is refused, or None.

    A path that begins with two slashes, or holds a backslash or a control character, is another site's address to a
    browser once it comes back in a redirect.
    """
    path = raw_path.partition(b"?")[0]
    if path.startswith(b"//") or b"\\" in path or any(byte < 0x20 or byte == 0x7F for byte in path):
        return 400
    text = path.decode("latin-1")
    return (
        404 if any(text == closed or text.startswith((closed + ".", closed + "/")) for closed in CLOSED_PATHS) else None
    )


def policy_for(path: str) -> bytes:
    """The Content-Security-Policy of a path."""
    return (STOCK_POLICY if path.startswith(STOCK_PATHS) else STRICT_POLICY).encode()


def guarded(application: Application) -> Application:
    """The application with the headers on every answer and the refusals in front."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {**HEADERS, b"content-security-policy": policy_for(scope["path"])}
                kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ours]
                message = {**message, "headers": [*kept, *ours.items()]}
            await send(message)

        status = refusal(raw_path)
        if status is None:
            await application(scope, receive, send_guarded)
            return
        body = b"This address is not served here.\n"
        plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send_guarded({"type": "http.response.start", "status": status, "headers": plain})
        await send({"type": "http.response.body", "body": body})

    return guard
