"""Statuses and headers that an old server may have for its answers."""

from django.http import HttpResponse

from .planting import fault, set_body


@fault("201 for an update")
def _(request, get_response):
    response = get_response(request)
    response.status_code = 201
    return response


@fault("403 for 401")
def _(request, get_response):
    response = get_response(request)
    response.status_code = 403
    return response


@fault("422 for 400")
def _(request, get_response):
    response = get_response(request)
    response.status_code = 422
    return response


@fault("an HTML page for 500")
def _(request, get_response):
    return HttpResponse("<h1>Server Error (500)</h1>", status=500)


@fault("an empty body")
def _(request, get_response):
    response = get_response(request)
    set_body(response, "")
    return response


@fault("a redirect")
def _(request, get_response):
    return HttpResponse(status=301, headers={"Location": request.path + "/"})


@fault("not JSON by its content type")
def _(request, get_response):
    response = get_response(request)
    response["Content-Type"] = "text/plain"
    return response


@fault("a charset in the content type")
def _(request, get_response):
    response = get_response(request)
    response["Content-Type"] = "application/json; charset=utf-8"
    return response


@fault("no WWW-Authenticate")
def _(request, get_response):
    response = get_response(request)
    del response["WWW-Authenticate"]
    return response


@fault("another WWW-Authenticate")
def _(request, get_response):
    response = get_response(request)
    response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


@fault("another Allow")
def _(request, get_response):
    response = get_response(request)
    response["Allow"] = "GET, PATCH"
    return response
