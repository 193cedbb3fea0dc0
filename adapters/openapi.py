"""OpenAPI 3.1 and one self-contained HTML page from an adapter's own table of operations."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Operation(msgspec.Struct, frozen=True):
    """What a document needs to know of an endpoint. `words` and `answer` are msgspec.Structs."""

    name: str
    method: str
    path: str
    summary: str
    words: type[msgspec.Struct]
    answer: type[msgspec.Struct]


def document(
    title: str,
    description: str,
    operations: Sequence[Operation],
    *,
    problem: type[msgspec.Struct],
    security: Mapping[str, str],
) -> dict[str, Any]:
    """The OpenAPI document. A GET's words are its query parameters; `security` names required headers."""
    types = [problem, *(kind for operation in operations for kind in (operation.words, operation.answer))]
    references, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    problem_reference, *pairs = references
    refusal = {"description": "Refused.", "content": {"application/problem+json": {"schema": problem_reference}}}
    paths: dict[str, dict[str, Any]] = {}
    for operation, words, answer in zip(operations, pairs[::2], pairs[1::2], strict=True):
        item: dict[str, Any] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "responses": {
                "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
                "default": refusal,
            },
        }
        if operation.method == "GET":
            item["parameters"] = _parameters(schemas[operation.words.__name__])
        else:
            item["requestBody"] = {"required": True, "content": {"application/json": {"schema": words}}}
        paths.setdefault(operation.path, {})[operation.method.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                header: {"type": "apiKey", "in": "header", "name": header, "description": meaning}
                for header, meaning in security.items()
            },
        },
        "security": [{header: [] for header in security}],
    }


def _parameters(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": member}
        for name, member in schema["properties"].items()
    ]


def page(title: str, text: str, operations: Sequence[Operation], codes: Sequence[tuple[int, str, str]]) -> bytes:
    """The documentation page: `text` in paragraphs, a table of operations, one of (status, code, meaning), and the
    members of each request and answer. No script, nothing fetched.
    """
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n"))
    calls = "".join(_call(operation) for operation in operations)
    rows = "".join(
        f'<tr id="{code}"><td>{status}</td><td><code>{code}</code></td><td>{html.escape(meaning)}</td></tr>'
        for status, code, meaning in codes
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.25rem .6rem;text-align:left}"
        "h2{margin-top:2.5rem}</style>"
        f"<h1>{html.escape(title)}</h1>{paragraphs}"
        '<p>For machines: <a href="/openapi.json">openapi.json</a>.</p>'
        f"{calls}<h2>Codes</h2><table><tr><th>HTTP</th><th>Code</th><th>Meaning</th></tr>{rows}</table></html>"
    ).encode()


def _call(operation: Operation) -> str:
    return (
        f"<h2><code>{operation.method} {html.escape(operation.path)}</code></h2><p>{html.escape(operation.summary)}</p>"
        f"<p>Request</p>{_members(operation.words)}<p>Answer</p>{_members(operation.answer)}"
    )


def _members(struct: type[msgspec.Struct]) -> str:
    """A table of the struct's members, read from the schema the OpenAPI document has too."""
    (_,), schemas = msgspec.json.schema_components([struct], ref_template="{name}")
    schema = schemas[struct.__name__]
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{'yes' if name in required else ''}</td>"
        f"<td><code>{html.escape(_kind(member))}</code></td><td>{html.escape(member.get('description', ''))}</td></tr>"
        for name, member in schema["properties"].items()
    )
    return f"<table><tr><th>Member</th><th>Required</th><th>Type</th><th>Meaning</th></tr>{rows}</table>"


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("type", "any"))
