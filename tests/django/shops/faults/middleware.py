"""Lets a request meet the fault that its header `X-Fault` names."""

from . import answers, bodies, rows  # noqa: F401 - they plant the faults
from .planting import FAULTS


class FaultMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        fault = FAULTS.get(request.headers.get("X-Fault"))
        return fault(request, self.get_response) if fault else self.get_response(request)
