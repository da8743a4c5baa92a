"""Compare the operations of two versions of a document: addresses, credentials, parameters, bodies and responses."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..document import Document, Operation, Parameter, Response, SecurityScheme, schemas_at
from ..document.source import Pointer
from .change import FINE, Both, Change, Verdict, breaks, changes
from .jobs import compare_jobs, compare_links
from .nodes import may_have_parts
from .pairing import Pairs, content, pair, reused_names
from .schemas import SchemaComparison

Content = tuple[str, str, str, str]
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def compare_documents(both: Both) -> list[Change]:
    """Return every change of a document that says something about requests, responses or jobs."""
    schemas = SchemaComparison(both, _state_schemas(both.old) | _state_schemas(both.new))
    contents = {
        id(one): (one.method, _summary(one), content(side.data, {**one.raw, "operationId": None}))
        for side in (both.old, both.new)
        for one in side.operations
    }
    operations = pair(
        both.old.operations,
        both.new.operations,
        lambda one: (one.method, _shape(one.path), one.operation_id),
        lambda one: (one.method, _shape(one.path)),
        lambda one: one.operation_id,
        lambda one: one.id,
        lambda one: contents[id(one)],
    )
    return [*_servers(both, operations), *_schemes(both), *_operations(both, operations, schemas), *schemas.changes]


def _state_schemas(document: Document) -> frozenset[int]:
    """Return the identities of the schemas of states, whose values `x-job` lists."""
    return frozenset(
        id(schema)
        for operation in document.operations
        if operation.job and operation.job.state
        for response in operation.status_responses
        for media_type in response.media_types
        for schema in schemas_at(document.data, media_type.schema, operation.job.state)
    )


def _summary(operation: Operation) -> tuple[Any, ...]:
    """Return what an operation says about itself: two without a difference in their data may be about two things."""
    return tuple(operation.raw.get(key) for key in ("summary", "description"))


def _shape(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _urls(document: Document) -> list[str]:
    """Return the base URLs, in one spelling: with the default values of their variables, and without default ports."""
    found = []
    for one in document.data.get("servers") or [{}]:
        url = str(one.get("url", "/"))
        for name, variable in one.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        origin = re.match(r"(https?)://([^/?#@]+)", url, re.IGNORECASE)
        if origin:
            scheme, host = origin[1].lower(), origin[2].lower().removesuffix(DEFAULT_PORTS[origin[1].lower()])
            url = f"{scheme}://{host}{url[origin.end() :]}"
        found.append(url)
    return found


def _addresses(document: Document, operation: Operation) -> set[str]:
    """Return the URLs at which an operation is, without the names of its parameters."""
    return {f"{url.rstrip('/')}{_shape(operation.path)}" for url in _urls(document)}


def _is_moved(both: Both, old: Operation, new: Operation) -> bool:
    """Return whether an operation has another path, which another base URL does not make up for."""
    has_path = _shape(old.path) == _shape(new.path)
    return not has_path and not _addresses(both.old, old) & _addresses(both.new, new)


def _servers(both: Both, operations: Pairs[Operation]) -> Iterator[Change]:
    old, new = _urls(both.old), _urls(both.new)
    gone = [url for url in old if url.rstrip("/") not in {one.rstrip("/") for one in new}]
    if gone:
        message = f"base URLs were {', '.join(old)}, and are {', '.join(new)}"
        pairs = [(one, two) for one, two in operations.both if _shape(one.path) != _shape(two.path)]
        kept = [(one, two) for one, two in pairs if _addresses(both.old, one) <= _addresses(both.new, two)]
        field, code = FINE, FINE
        if len(kept) < len(operations.both):
            field = breaks(
                f"a client that was installed with {gone[0]} calls an address that is not documented any more",
                f"pass the new base URL, such as {new[0]}",
            )
        if kept:
            variable = both.new.environment_variable("URL")
            why = f"with {gone[0]} in the program or in {variable}, a new client calls {gone[0].rstrip('/')}"
            code = breaks(f"{why}{kept[0][1].path}", f"pass {new[0]}, or set {variable} to it")
        yield both.change("server-changed", both.new.title, message, ("servers",), ("servers",), code=code, field=field)
    elif len(new) > len(old):
        message = f"base URL {new[-1]} was added"
        yield both.change("server-added", both.new.title, message, None, ("servers", len(new) - 1), is_new=True)


def _content(scheme: SecurityScheme) -> Content:
    name = scheme.name.lower() if scheme.where == "header" else scheme.name
    return scheme.type, scheme.scheme, scheme.where, name


def _pair_schemes(both: Both) -> Pairs[SecurityScheme]:
    old, new = both.old.security_schemes.values(), both.new.security_schemes.values()
    return pair(old, new, lambda one: one.key, _content)


def _schemes(both: Both) -> Iterator[Change]:
    for old, new in _pair_schemes(both).both:
        places = (("components", "securitySchemes", old.key), ("components", "securitySchemes", new.key))
        if old.key != new.key:
            variables = [side.environment_variable(one.key) for side, one in ((both.old, old), (both.new, new))]
            message = f"security scheme {old.key} was renamed to {new.key}"
            why = f"the environment variable {variables[0]} is {variables[1]} now"
            code = FINE
            if len(set(variables)) > 1:
                code = breaks(why, f"set {variables[1]}, and pass the credential by its new name")
            yield both.change("scheme-renamed", old.key, message, *places, names=(old.key, new.key), code=code)
        if _content(old) != _content(new):
            shown = [" ".join(part for part in _content(one) if part) for one in (old, new)]
            message = f"security scheme {new.key} was {shown[0]}, and is {shown[1]}"
            field = breaks("a client installed before sends its credential where the server does not look: 401")
            yield both.change("scheme-changed", new.key, message, *places, names=(old.key, new.key), field=field)


def _operations(both: Both, operations: Pairs[Operation], schemas: SchemaComparison) -> Iterator[Change]:
    renamed = {old.id: new.id for old, new in operations.both}
    for old, new in operations.both:
        yield from _address(both, old, new)
        yield from _security(both, old, new)
        yield from _parameters(both, old, new, schemas)
        yield from _bodies(both, old, new, schemas)
        yield from _responses(both, old, new, schemas, renamed)
        yield from compare_jobs(both, old, new)
    for one in operations.removed:
        field = breaks(f"the server does not have {one.method.upper()} {one.path} any more: 404", "call another one")
        wait = breaks("its waits are gone, and those of clients installed before end with NotFoundError")
        message = f"{one.id} ({one.method.upper()} {one.path}) was removed"
        yield both.change(
            "operation-removed",
            one.id,
            message,
            one.pointer,
            None,
            names=(*_names(one), *_parts_of(both.old, one)),
            field=field,
            wait=wait if one.job else FINE,
        )
    for one in operations.added:
        message = f"{one.id} ({one.method.upper()} {one.path}) was added"
        yield both.change(
            "operation-added",
            one.id,
            message,
            None,
            one.pointer,
            names=(*_names(one), *_parts_of(both.new, one)),
            is_new=True,
        )


def _names(operation: Operation) -> tuple[str, ...]:
    """Return the names in the package that an operation has."""
    noun = operation.id.partition("_")[2] or operation.id
    methods = (f"wait_for_{noun}", f"{noun}_job", f"wait_for_{operation.id}", f"{operation.id}_job")
    return (operation.id, f"{operation.id}_raw", *(methods if operation.job else ()))


def _parts_of(document: Document, operation: Operation) -> Iterator[str]:
    """Yield the names that the package may have because of one operation: its tag, its models, the waits of a start."""
    yield from operation.raw.get("tags", ())
    if operation.is_start:
        yield from ("wait", "job")
    pending: list[Any] = [operation.raw]
    seen: set[str] = set()
    while pending:
        node = pending.pop()
        pending += node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            pending.append(document.resolve(node))
            yield reference.rpartition("/")[2]


def _address(both: Both, old: Operation, new: Operation) -> Iterator[Change]:
    places = (old.pointer, new.pointer)
    if old.id != new.id:
        names = (*_names(old), *_names(new))
        code = FINE
        other = next((one for one in both.new.operations if one.id == old.id), None)
        if other:
            code = breaks(f"{old.id} calls {other.method.upper()} {other.path} now", f"call {new.id}")
        message = f"{old.id} was renamed to {new.id}"
        yield both.change("operation-renamed", old.id, message, *places, names=names, code=code)
    if _is_moved(both, old, new):
        field = breaks(f"a client installed before calls {old.path}: 404")
        yield both.change("path-changed", new.id, f"path was {old.path}, and is {new.path}", *places, field=field)
    if old.method != new.method:
        field = breaks(f"a client installed before sends {old.method.upper()}: 405")
        message = f"method was {old.method.upper()}, and is {new.method.upper()}"
        yield both.change("method-changed", new.id, message, *places, field=field)
    tags = [list(operation.raw.get("tags", ()))[:1] for operation in (old, new)]
    if tags[0] != tags[1]:
        message = f"first tag was {''.join(tags[0]) or 'none'}, and is {''.join(tags[1]) or 'none'}"
        names = (*tags[0], *tags[1], new.id)
        yield both.change("tag-changed", new.id, message, *((*place, "tags") for place in places), names=names)
    if new.raw.get("deprecated") and not old.raw.get("deprecated"):
        yield _deprecated(both, new.id, new.id, new.pointer)


def _deprecated(both: Both, subject: str, name: str, pointer: Pointer, names: Iterable[str] = ()) -> Change:
    code = changes("it may be removed", "look for its successor in the vendor's documentation")
    place = (*pointer, "deprecated")
    return both.change("deprecated", subject, f"{name} is deprecated now", None, place, names=names, code=code)


def _security(both: Both, old: Operation, new: Operation) -> Iterator[Change]:
    schemes = _pair_schemes(both)
    keys = {one.key: two.key for one, two in schemes.both}
    before = [frozenset(keys.get(key, key) for key in alternative) for alternative in old.security or ((),)]
    after = [frozenset(alternative) for alternative in new.security or ((),)]
    if set(before) == set(after):
        yield from _scopes(both, old, new, keys)
        return
    shown = [" or ".join(" and ".join(sorted(one)) or "none" for one in ones) for ones in (before, after)]
    message = f"credentials were {shown[0]}, and are {shown[1]}"
    lost = [one for one in before if not any(other <= one for other in after)]
    field = breaks("a client installed before sends no credential that is accepted: 401") if lost else FINE
    names = ["client", *(key for alternative in (*before, *after) for key in alternative)]
    place = [(*one.pointer, "security") for one in (old, new)]
    rule = "security-tightened" if lost else "security-relaxed"
    known = {keys.get(key, key) for one in both.old.operations for alternative in one.security for key in alternative}
    code = _missing_credentials(both, known, after) if lost else FINE
    yield both.change(rule, new.id, message, *place, names=names, code=code, field=field, is_new=not lost)


def _scopes(both: Both, old: Operation, new: Operation, keys: Mapping[str, str]) -> Iterator[Change]:
    """Compare the scopes that a credential needs. Where there are alternatives, the fewest scopes are enough."""
    before, after = (
        [
            {(names.get(str(key), str(key)), str(scope)) for key, scopes in one.items() for scope in scopes}
            for one in operation.raw.get("security", side.data.get("security", ()))
        ]
        for side, operation, names in ((both.old, old, keys), (both.new, new, {}))
    )
    if {frozenset(one) for one in before} == {frozenset(one) for one in after}:
        return
    shown = [
        " or ".join(" and ".join(sorted(scope for _, scope in one)) or "none" for one in s) for s in (before, after)
    ]
    lost = any(not any(other <= one for other in after) for one in before)
    field = breaks("a credential with the former scopes is refused: 403", "get a credential with the new scopes")
    rule = "scopes-tightened" if lost else "scopes-relaxed"
    places = [(*one.pointer, "security") for one in (old, new)]
    message = f"scopes were {shown[0]}, and are {shown[1]}"
    yield both.change(rule, new.id, message, *places, field=field if lost else FINE)


def _missing_credentials(both: Both, known: set[str], after: list[frozenset[str]]) -> Verdict:
    """Return what it means for a program that passes the credentials of before, which no type shows."""
    needed = min((one - known for one in after), key=len)
    if not needed:
        return FINE
    variables = " and ".join(both.new.environment_variable(key) for key in sorted(needed))
    keys = " and ".join(sorted(needed))
    return breaks(f"without {keys}, the client raises InvalidArgumentError", f"pass {keys}, or set {variables}")


def _parameters(both: Both, old: Operation, new: Operation, schemas: SchemaComparison) -> Iterator[Change]:
    positions = {
        id(one): operation.path_names.index(one.name)
        for operation in (old, new)
        for one in operation.parameters_in("path")
        if one.name in operation.path_names
    }
    data = {id(one): both.old.data for one in old.parameters} | {id(one): both.new.data for one in new.parameters}
    pairs = pair(
        old.parameters,
        new.parameters,
        lambda one: (one.where, _sent_name(one)),
        lambda one: (one.where, positions.get(id(one))) if one.where == "path" else None,
        lambda one: (one.where, one.required, content(data[id(one)], one.schema)) if one.where != "path" else None,
    )
    yield from _order(both, old, new)
    named = [(one, two, _given_name(one), _given_name(two)) for one, two in pairs.both]
    for reused in reused_names(named):
        message = f"keyword {reused.name} was {reused.before.name}, and is {reused.after.name}"
        code = breaks(f"with {reused.name}=, a program sets {reused.after.name} now", f"pass it as {reused.other}")
        subject, places = f"{new.id}({reused.name})", (reused.before.pointer, reused.after.pointer)
        yield both.change("name-reused", subject, message, *places, names=(reused.name, new.id), code=code)
    for before, after in pairs.both:
        yield from _parameter(both, new, before, after)
        (old_schema, old_place), (new_schema, new_place) = (_schema_of(one) for one in (before, after))
        schemas.compare(old_schema, new_schema, (old_place, new_place), f"{new.id}({before.name})", "request")
    for one in pairs.removed:
        message = f"{one.where} parameter {one.name} was removed"
        ignored = changes(f"the server may ignore or refuse {one.name}")
        subject = f"{new.id}({one.name})"
        yield both.change(
            "parameter-removed", subject, message, one.pointer, None, names=(one.name, new.id), field=ignored
        )
    for one in pairs.added:
        message = f"{one.where} parameter {one.name} was added{', and is required' if one.required else ''}"
        lacks = breaks(f"a client installed before does not send {one.name}: its requests are refused")
        yield both.change(
            "parameter-added",
            f"{new.id}({one.name})",
            message,
            None,
            one.pointer,
            names=(one.name, new.id),
            field=lacks if one.required else FINE,
            is_new=True,
        )


def _given_name(parameter: Parameter) -> str:
    return str(parameter.raw.get("x-name", parameter.name))


def _schema_of(parameter: Parameter) -> tuple[Any, Pointer]:
    """Return the schema of a parameter, which may be that of its media type, and its place."""
    for name, media_type in parameter.raw.get("content", {}).items():
        return media_type.get("schema", {}), (*parameter.pointer, "content", name, "schema")
    return parameter.schema, (*parameter.pointer, "schema")


def _order(both: Both, old: Operation, new: Operation) -> Iterator[Change]:
    """Report parameters that have changed places in the path."""
    before, after = (
        [name for name in one.path_names if name in other.path_names] for one, other in ((old, new), (new, old))
    )
    if before != after:
        message = f"the path had {', '.join(before)}, and has {', '.join(after)}"
        moved = next(pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])
        field = breaks(f"a client installed before sends {moved[0]} where the server expects {moved[1]}")
        places = (old.pointer, new.pointer)
        yield both.change("path-order-changed", new.id, message, *places, names=(*before, new.id), field=field)


def _sent_name(parameter: Parameter) -> str:
    """Return the name of a parameter as the server compares it."""
    return parameter.name.lower() if parameter.where == "header" else parameter.name


def _parameter(both: Both, operation: Operation, old: Parameter, new: Parameter) -> Iterator[Change]:
    subject, places = f"{operation.id}({old.name})", (old.pointer, new.pointer)
    names = (old.name, new.name, operation.id)
    if _sent_name(old) != _sent_name(new):
        variables = [side.environment_variable(one.name) for side, one in ((both.old, old), (both.new, new))]
        code = FINE
        if len(set(variables)) > 1:
            code = breaks(
                f"the keyword, and the environment variable {variables[0]}, is {variables[1]} now",
                f"pass it as {new.name}, and set {variables[1]}",
            )
        sent = FINE if new.where == "path" else changes(f"the server may ignore {old.name}")
        if new.required and new.where != "path":
            sent = breaks(f"a client installed before does not send {new.name}: its requests are refused")
        message = f"{new.where} parameter {old.name} was renamed to {new.name}"
        yield both.change("parameter-renamed", subject, message, *places, names=names, code=code, field=sent)
    if new.required and not old.required:
        lacks = breaks(f"a client installed before may not send {new.name}: its requests are refused")
        yield both.change(
            "parameter-required", subject, f"{new.name} is required now", *places, names=names, field=lacks
        )
    elif old.required and not new.required:
        yield both.change("parameter-optional", subject, f"{new.name} is optional now", *places, names=names)
    if new.raw.get("deprecated") and not old.raw.get("deprecated"):
        yield _deprecated(both, subject, new.name, new.pointer, names)
    styles = [_style(side, one) for side, one in ((both.old, old), (both.new, new))]
    if styles[0] != styles[1]:
        field = breaks("a client installed before writes the value in another form")
        message = f"style of {new.name} was {styles[0]}, and is {styles[1]}"
        yield both.change("parameter-style", subject, message, *places, names=names, field=field)


def _style(document: Document, parameter: Parameter) -> str:
    """Return how a value is written. A value that is no list or object is written in one way, exploded or not."""
    if "content" in parameter.raw:
        return ", ".join(parameter.raw["content"])
    usual = {"path": "simple", "header": "simple"}.get(parameter.where, "form")
    style = str(parameter.raw.get("style", usual))
    is_exploded = parameter.raw.get("explode", style == "form") and may_have_parts(document.data, parameter.schema)
    return f"{style}{', exploded' if is_exploded else ''}"


def _bodies(both: Both, old: Operation, new: Operation, schemas: SchemaComparison) -> Iterator[Change]:
    before, after = ({_media_type(one.name): one for one in operation.bodies} for operation in (old, new))
    place = (*new.pointer, "requestBody")
    for name, body in before.items():
        if name in after:
            pointers = ((*body.pointer, "schema"), (*after[name].pointer, "schema"))
            schemas.compare(body.schema, after[name].schema, pointers, f"{new.id}.body", "request")
        else:
            message = f"request body {name} was removed"
            field = breaks(f"a request with {name} is refused") if after else changes("the server may ignore the body")
            yield both.change(
                "body-removed", new.id, message, body.pointer, place if after else None, names=("body",), field=field
            )
    for name, body in after.items():
        if name not in before:
            message = f"request body {name} was added"
            lacks = breaks("a request without a body is refused") if _needs_body(both, new) and not before else FINE
            yield both.change(
                "body-added", new.id, message, None, body.pointer, names=("body",), field=lacks, is_new=True
            )
    if (
        before
        and after
        and _needs_body(both, new) != (both.old.resolve(old.raw["requestBody"]).get("required") is True)
    ):
        required = _needs_body(both, new)
        message = f"the request body is {'required' if required else 'optional'} now"
        field = breaks("a request without a body is refused") if required else FINE
        rule = "body-required" if required else "body-optional"
        yield both.change(
            rule, new.id, message, (*old.pointer, "requestBody"), place, names=("body", new.id), field=field
        )


def _needs_body(both: Both, operation: Operation) -> bool:
    return both.new.resolve(operation.raw.get("requestBody", {})).get("required") is True


def _media_type(name: str) -> str:
    return name.split(";")[0].strip().lower()


def _responses(
    both: Both, old: Operation, new: Operation, schemas: SchemaComparison, renamed: Mapping[str, str]
) -> Iterator[Change]:
    before, after = ({response.status: response for response in one.responses} for one in (old, new))
    lost = [response for status, response in before.items() if status not in after and response.is_success]
    come = [response for status, response in after.items() if status not in before and response.is_success]
    if come:
        shown = ", ".join(response.status for response in come)
        ranges = {status.upper() for status in before}
        unknown = [response for response in come if f"{response.status[0]}XX" not in ranges]
        refused = breaks(f"a client installed before raises UnexpectedResponseError for {shown}") if unknown else FINE
        places = (lost[0].pointer if lost else None, come[0].pointer)
        yield both.change(
            "success-added",
            new.id,
            f"success {shown} was added" + (f" in place of {lost[0].status}" if lost else ""),
            *places,
            names=(new.id,),
            field=refused,
            wait=breaks("waits of clients installed before end with it") if new.job and unknown else FINE,
            is_new=bool(unknown),
        )
    elif lost:
        message = f"success {', '.join(response.status for response in lost)} was removed"
        yield both.change("success-removed", new.id, message, lost[0].pointer, None, names=(new.id,))
    pairs = [(before[status], after[status]) for status in before if status in after]
    pairs += zip(lost, come, strict=False)
    for one, two in pairs:
        yield from _media_types(both, new, one, two, schemas)
        yield from compare_links(both, new.id, one, two, renamed)
    for status in (status for status in before if status not in after and not before[status].is_success):
        place = before[status].pointer
        yield both.change("error-removed", f"{new.id} {status}", f"error {status} was removed", place, None)
    for status in (status for status in after if status not in before and not after[status].is_success):
        place = after[status].pointer
        yield both.change("error-added", f"{new.id} {status}", f"error {status} was added", None, place)


def _media_types(
    both: Both, operation: Operation, old: Response, new: Response, schemas: SchemaComparison
) -> Iterator[Change]:
    before, after = ({_media_type(one.name): one for one in response.media_types} for response in (old, new))
    for name in (name for name in before if name in after):
        pointers = ((*before[name].pointer, "schema"), (*after[name].pointer, "schema"))
        subject = f"{operation.id}.{new.status}"
        schemas.compare(before[name].schema, after[name].schema, pointers, subject, "response")
    if not new.is_success or before.keys() == after.keys():
        return
    shown = [", ".join(ones) or "no body" for ones in (before, after)]
    verdict: Verdict = FINE
    if not before.keys() & after.keys():
        verdict = breaks(f"a client installed before expects {shown[0]}, and raises UnexpectedResponseError")
    yield both.change(
        "media-type-changed",
        f"{operation.id} {new.status}",
        f"response {new.status} was {shown[0]}, and is {shown[1]}",
        old.pointer,
        new.pointer,
        names=(operation.id,),
        field=verdict,
        wait=verdict if operation.job else FINE,
    )
