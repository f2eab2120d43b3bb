"""Where DRF's JSON differs from compact UTF-8."""

import json


def unescaped(body):
    """DRF escapes the two line separators that JavaScript once did not take in a string; the contract's JSON does not."""
    return body.replace(b"\\u2028", "\u2028".encode()).replace(b"\\u2029", "\u2029".encode())


def compact(body):
    """DRF's JSON as the contract's: without the indentation that `Accept` may ask DRF for."""
    if body.startswith(b"{\n"):
        body = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
    return unescaped(body)
