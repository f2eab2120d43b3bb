"""Where DRF's JSON differs from compact UTF-8."""

import json


def unescaped(body):
    """DRF escapes the two line separators that JavaScript once did not take in a string; the contract's JSON does not."""
    return body.replace(b"\\u2028", "\u2028".encode()).replace(b"\\u2029", "\u2029".encode())


def compact(body):
    """DRF indents its JSON for a client that asks for it by `Accept: application/json; indent=4`; the contract's never is."""
    if b"\n" not in body:
        return unescaped(body)
    return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
