"""One request through gql, for gql.test.mjs: JSON on standard input, JSON on standard output."""

import hashlib
import json
import sys

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import print_ast


class HashOnly(GraphQLRequest):
    """A request without its text, which gql itself always sends."""

    @property
    def payload(self):
        return {name: value for name, value in super().payload.items() if name != "query"}


def execute(session, request):
    try:
        result = session.execute(request, get_execution_result=True)
        return {"data": result.data}
    except TransportQueryError as error:
        return {"data": error.data, "errors": error.errors}


def execute_persisted(session, request):
    digest = hashlib.sha256(print_ast(request.document).encode()).hexdigest()
    request.extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    answer = execute(session, HashOnly(request))
    messages = [error["message"] for error in answer.get("errors", [])]
    return execute(session, request) if "PersistedQueryNotFound" in messages else answer


def main():
    task = json.load(sys.stdin)
    exchanges = []

    def record(response, **_):
        exchanges.append(
            {
                "text": "query" in json.loads(response.request.body),
                "status": response.status_code,
                "type": response.headers["content-type"],
                "challenge": response.headers.get("www-authenticate", ""),
            }
        )

    transport = RequestsHTTPTransport(url=task["url"], headers=task["headers"], hooks={"response": record})
    with Client(transport=transport) as session:
        send = execute_persisted if task["persisted"] else execute
        answer = send(session, GraphQLRequest(task["document"], variable_values=task.get("variables")))
    json.dump({"answer": answer, "exchanges": exchanges}, sys.stdout)


main()
