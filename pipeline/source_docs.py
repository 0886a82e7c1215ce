"""The published schema of source files and their documentation, field by field: python -m pipeline.source_docs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.sources import source_schema

SCHEMA_FILE = Path(__file__).parents[1] / "crawler" / "sources" / "source.schema.json"
DOCS_FILE = Path(__file__).parents[1] / "docs" / "SOURCE_FILES.md"
INTRODUCTION = """# Source files

One YAML file in `crawler/sources/` (or any folder, given with `--sources`) declares one source.
`horizon sources add NAME URL` looks at a site and writes one; `horizon sources parse NAME` shows what would be stored;
`horizon sources check` says what is wrong with a file, and whether the pages saved with it are still read as before.
Editors complete and check the keys by [the JSON Schema](../crawler/sources/source.schema.json): put
`# yaml-language-server: $schema=source.schema.json` into the first line.

Detail pages need no rules: titles, dates, publishers and addresses come from JSON-LD, microdata and meta elements,
texts from the page itself. Rules under `fields` go before. E-mail addresses, telephone and NHS numbers and blocks of
contact details are never stored.

This page is made from the model that reads the files: `python -m pipeline.source_docs`.
"""
HEAD = "| key | what | values | default |\n| --- | --- | --- | --- |"
SECTIONS = (
    "IndexSection",
    "SitemapSection",
    "FeedSection",
    "WordPressSection",
    "ApiSection",
    "Paging",
    "TableSection",
    "FieldRule",
)
KINDS = {"integer": "number", "boolean": "true or false", "string": "text"}
LIMITS = {"minimum": "at least", "maximum": "at most"}
KEY_OF = {"Paging": "api: paging", "FieldRule": "fields: (field)"}


def schema_text() -> str:
    """The JSON Schema as it is published."""
    return json.dumps(source_schema(), indent=2) + "\n"


def docs_text() -> str:
    """The documentation as Markdown."""
    schema = source_schema()
    parts = [INTRODUCTION, "## The file", "", HEAD, *_rows(schema, schema["$defs"])]
    for name in SECTIONS:
        model = schema["$defs"][name]
        key = KEY_OF.get(name, name.removesuffix("Section").lower())
        parts += [
            "",
            f"## `{key}`",
            "",
            " ".join(model["description"].split()),
            "",
            HEAD,
            *_rows(model, schema["$defs"]),
        ]
    return "\n".join(parts) + "\n"


def _rows(model: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    for name, field in model["properties"].items():
        told = field.get("description") or "The settings of this way of discovery."
        required = name in model.get("required", ())
        default = "needed" if required else _default(field.get("default"))
        yield f"| `{name}` | {told} | {_values(field, models)} | {default} |".replace("\n", " ")


def _default(value: Any) -> str:
    return "" if value in (None, [], {}, "") else f"`{json.dumps(value)}`" if not isinstance(value, dict) else ""


def _values(field: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    """What may be given, in words."""
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "$ref" in field:
        return f"see `{KEY_OF.get(_name(field), _name(field).removesuffix('Section').lower())}`"
    if "anyOf" in field:
        said = [_values(one, models) for one in field["anyOf"] if one.get("type") != "null"]
        return " or ".join(filter(None, said))
    if field.get("type") == "array":
        return f"list of {_values(field.get('items') or {}, models) or 'values'}"
    if field.get("type") == "object":
        return ", ".join(f"`{one}`" for one in field.get("propertyNames", {}).get("enum", ())) or "mapping"
    kind = "date" if field.get("format") == "date" else str(field.get("type", ""))
    limits = [f"{word} {field[key]:g}" for key, word in LIMITS.items() if key in field]
    return ", ".join([KINDS.get(kind, kind), *limits]) if kind else ""


def _name(field: Mapping[str, Any]) -> str:
    return str(field["$ref"]).rpartition("/")[2]


def main() -> None:
    """Write both files."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    DOCS_FILE.write_text(docs_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
