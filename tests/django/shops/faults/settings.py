"""The example's shop with a fault: the header `X-Fault` of a request names the one of `middleware.py` that it meets."""

from extras.settings import *

MIDDLEWARE = ["faults.middleware.FaultMiddleware", *MIDDLEWARE]
