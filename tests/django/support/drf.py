"""Where DRF's JSON differs from the contract's."""

import json


def compact(body):
    """DRF's JSON without the indentation that `Accept` may ask DRF for."""
    if not body.startswith(b"{\n"):
        return body
    text = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
    # As DRF writes the two line separators that JavaScript once did not take in a string.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()
