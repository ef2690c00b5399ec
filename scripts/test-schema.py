#!/usr/bin/env python3
"""Holds the example contracts against the published JSON Schema, and the schema against mistakes.

Usage: scripts/test-schema.py

UNGLUE_WORKSHOP_CONTRACT may name the workshop's published contract, which must be valid too. Needs
the package jsonschema. Exit status: 0 all as it should be, 1 not.
"""

import copy
import json
import os
import pathlib
import sys

import jsonschema

CONTRACTS = pathlib.Path(__file__).resolve().parent.parent / "contracts"


def load(path):
    """The JSON of a file; a name that an object has twice is an error."""

    def unique(pairs):
        names = [name for name, _ in pairs]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{path}: an object has {', '.join(sorted(twice))} twice")
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


def first_attribute(contract):
    table = contract["tables"][0]
    return (table.get("attributes") or table["entities"][0]["attributes"])[0]


def mistakes(contract):
    """Contracts that must be refused, each with what is wrong about it."""
    changes = {
        "a contract without tables": lambda it: it.pop("tables"),
        "tables that are no list": lambda it: it.update(tables={}),
        "a table without a name": lambda it: it["tables"][0].pop("table"),
        "a table whose type is unknown": lambda it: it["tables"][0].update(type="double-entity"),
        "an attribute whose type is unknown": lambda it: first_attribute(it).update(type="X"),
        "an attribute without a name": lambda it: first_attribute(it).pop("name"),
        "a join whose type is unknown":
            lambda it: first_attribute(it).update(join={"type": "sideways"}),
    }
    for name, change in changes.items():
        changed = copy.deepcopy(contract)
        change(changed)
        yield name, changed


def main():
    schemas = list(CONTRACTS.glob("*.schema.json"))
    if len(schemas) != 1:
        sys.exit(f"{CONTRACTS}: one schema is expected, found {[path.name for path in schemas]}")
    schema = load(schemas[0])
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    examples = sorted(
        [path for path in CONTRACTS.glob("*.json") if path not in schemas]
        + list(CONTRACTS.glob("patterns/*/contract.json")))
    workshop = os.environ.get("UNGLUE_WORKSHOP_CONTRACT")
    failures = 0
    for path in examples + ([pathlib.Path(workshop)] if workshop else []):
        for error in sorted(validator.iter_errors(load(path)), key=str):
            print(f"{path}: {error.json_path}: {error.message[:300]}")
            failures += 1
    refused = 0
    for name, contract in mistakes(load(CONTRACTS / "store.json")):
        if validator.is_valid(contract):
            print(f"{schemas[0]}: lets pass {name}")
            failures += 1
        refused += 1
    print(f"{len(examples) + bool(workshop)} contracts checked, {refused} mistakes tried, "
          f"{failures} failures")
    return 1 if failures or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
