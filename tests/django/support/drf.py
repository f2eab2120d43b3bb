"""Where DRF's JSON differs from compact UTF-8."""


def unescaped(body):
    """DRF escapes the two line separators that JavaScript once did not take in a string; the contract's JSON does not."""
    return body.replace(b"\\u2028", "\u2028".encode()).replace(b"\\u2029", "\u2029".encode())
