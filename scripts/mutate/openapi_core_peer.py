"""Validate exchanges with openapi-core: a program of its own, for the environment `build/peers` that has it.

It gets a document and exchanges as JSON on stdin, and prints what is reported, as a list of strings.
"""

import base64
import json
import sys
import urllib.parse

HOST = "http://recorded"


def main() -> None:
    """Validate each response, and print the distinct kinds of errors, with their statuses."""
    from openapi_core import OpenAPI  # type: ignore[import-not-found]
    from openapi_core.testing import MockRequest, MockResponse  # type: ignore[import-not-found]

    given = json.load(sys.stdin)
    document = {**given["document"], "servers": [{"url": f"{HOST}/{given['stem']}"}]}
    api, found = OpenAPI.from_dict(document), set()
    for one in given["exchanges"]:
        path, _, query = one["target"].partition("?")
        content_type = next((v for k, v in one["headers"].items() if k.lower() == "content-type"), "")
        request = MockRequest(
            HOST,
            one["method"].lower(),
            urllib.parse.unquote(path),
            args=dict(urllib.parse.parse_qsl(query)),
            headers=one["request_headers"],
            data=base64.b64decode(one["request_body"]),
        )
        response = MockResponse(
            base64.b64decode(one["body"]), one["status"], headers=one["headers"], content_type=content_type
        )
        try:
            api.validate_response(request, response)
        except Exception as error:
            cause = error.__cause__ or error
            found.add(f"{one['method']} {one['status']} {type(error).__name__} {type(cause).__name__}")
    print(json.dumps(sorted(found)))


if __name__ == "__main__":
    main()
