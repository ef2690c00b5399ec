#!/usr/bin/env python3
"""Checks what no compiler does: sizes, banned calls, who imports what, machine paths, stray files.

Usage: scripts/tidy.py [--self-test]

Prints one line a finding, `path:line: what is wrong`, and exits 1 when there is one. A Swift file
that is a table (of flags, say) may be longer than the limit: it says so in a comment among its first ten
lines, `// tidy: a table` and, after a comma, of what; or `// Made by scripts/...` if a script did.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

# Modules of Sources that may import Foundation, each with its reason.
FOUNDATION_ALLOWED = {}

NO_FOUNDATION = "Foundation is not used in Sources: it costs start-up time and memory"
BANNED_IN_SOURCES = [
    (r"\btry!", "try! ends the process on an error: throw it"),
    (r"\bas!", "as! ends the process on a mistake: use as? and throw"),
    (r"\bfatalError\s*\(", "fatalError: throw for bad input, trap with `precondition` for a mistake"),
    (r"\bcatch\s*\{\s*\}", "an empty catch hides an error"),
    (r"^\s*(?:@\w+\s+|\w+\s+)*import\s+Foundation\b", NO_FOUNDATION),
]
BANNED_IN_SWIFT = [
    (r"//.*\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))", "an open end: do it, or name its issue, TODO(#12)"),
]
# Written in pieces, or this file would find itself.
MACHINE_PATH = re.compile("/(" + "work|root" + ")/")


class Findings:
    def __init__(self):
        self.lines = []

    def add(self, path, line, message):
        self.lines.append(f"{path}:{line}: {message}")


def tracked_files():
    """The files of the repository, new ones included; without git, all but the build's."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not re.match(r"\.(build|local|git)/", name)]
    return [name for name in sorted(set(names)) if (ROOT / name).is_file()]


LITERALS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>\#+\"(?:\"\")?.*?\"(?:\"\")?\#+)
      | (?P<long>\"\"\".*?\"\"\")
      | (?P<string>\"(?:\\\((?:[^()\"\n]|\([^()\n]*\)|\"[^\"\n]*\")*\)|\\.|[^\"\\\n])*\")""",
    re.DOTALL | re.VERBOSE,
)


def code_only(text):
    """Swift text with comments and string literals blanked out, line breaks kept."""
    return LITERALS.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def function_lengths(code):
    """(name, first line, lines) of every function that has a body."""
    for found in re.finditer(r"\bfunc\s+([^\s(<]+)|\b(init)[?!]?\s*[(<]|\b(deinit)\s*\{", code):
        begin = found.start()
        signature = found.end() if found.group(1) else found.end() - 1
        opening = body_start(code, signature)
        if opening is None:
            continue
        end = matching_brace(code, opening)
        name = next(group for group in found.groups() if group)
        first = code.count("\n", 0, begin) + 1
        yield name, first, code.count("\n", begin, end) + 1


def body_start(code, position):
    """The opening brace of the function's body; None for a requirement without one."""
    depth = 0
    while position < len(code):
        character = code[position]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif character == "{" and depth == 0:
            return position
        elif character == "}" and depth == 0:
            return None
        elif character == "\n" and depth == 0:
            rest = code[position:].lstrip()
            before = code[:position].rstrip()
            goes_on = re.match(r"(->|throws|rethrows|async|where|\{|<|\()", rest)
            if not goes_on and not before.endswith(("->", ",", "where", "&", "==", ":")):
                return None
        position += 1
    return None


def matching_brace(code, opening):
    depth = 0
    for position in range(opening, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


def check_swift(path, text, findings):
    lines = text.splitlines()
    is_table = any(re.match(r"// (tidy: a table|Made by scripts/)", line) for line in lines[:10])
    if len(lines) > FILE_LINES_MAX and not is_table:
        findings.add(path, 1, f"{len(lines)} lines; at most {FILE_LINES_MAX}: split it by subject")
    code = code_only(text)
    for name, first, length in function_lengths(code):
        if length > FUNCTION_LINES_MAX:
            findings.add(path, first, f"{name} has {length} lines; at most {FUNCTION_LINES_MAX}")
    if path.startswith("Sources/"):
        module = path.split("/")[1]
        for pattern, message in BANNED_IN_SOURCES:
            if message == NO_FOUNDATION and module in FOUNDATION_ALLOWED:
                continue
            for found in re.finditer(pattern, code, re.MULTILINE):
                findings.add(path, code.count("\n", 0, found.start()) + 1, message)
        check_protectors(path, lines, code.splitlines(), findings)
    for number, line in enumerate(lines, 1):
        for pattern, message in BANNED_IN_SWIFT:
            if re.search(pattern, line):
                findings.add(path, number, message)


def check_protectors(path, lines, code_lines, findings):
    """Whoever overrules the compiler about sharing says what protects it."""
    for number, line in enumerate(code_lines):
        if "@unchecked Sendable" in line or "nonisolated(unsafe)" in line:
            near = lines[max(0, number - 6):number + 2]
            if not any("//" in other for other in near):
                findings.add(path, number + 1, "say in a comment what protects it")


def check_importers(swift, findings):
    """Each C module has exactly one importer, and no public signature shows it."""
    libraries = re.findall(r'\.systemLibrary\(\s*name:\s*"(\w+)"', read(ROOT / "Package.swift"))
    for library in libraries:
        importers = {}
        for path, text in swift.items():
            for found in re.finditer(rf"^(.*)\bimport {library}\b", code_only(text), re.MULTILINE):
                number = text.count("\n", 0, found.start()) + 1
                importers.setdefault(path.split("/")[1], (path, number))
                if re.search(r"\b(public|package)\b", found.group(1)):
                    findings.add(path, number, f"{library} must be imported for internal use")
        if len(importers) > 1:
            path, number = sorted(importers.values())[-1]
            findings.add(path, number, f"{library} has more than one importer: {sorted(importers)}")


def check_named_tests(path, text, tests, findings):
    """What a page says is tested, is: `SuiteTests: beginning of the test's name…`, or the suite alone.

    `tests`: names of tests by the type of their suite; of suites with one name, all together.
    """
    for found in re.finditer(r"`(?:(\w+Tests)(?:: )?)?([^`]*)`", text):
        line = text.count("\n", 0, found.start()) + 1
        suite, name = found.group(1), " ".join(found.group(2).split()).rstrip("…").strip()
        if suite is None or (ROOT / "Tests" / suite).is_dir():
            continue
        if suite not in tests:
            findings.add(path, line, f"there is no suite {suite}")
        elif name and not any(test.startswith(name) for test in tests[suite]):
            findings.add(path, line, f"{suite} has no test that begins so: {name}")


def suites_of(text):
    """Names of the tests in a Swift file, by the type that they stand in."""
    suites, suite = {}, None
    for found in re.finditer(
            r'^(?:private )?(?:struct|class|final class) (\w+)'
            r'|@Test\(\s*"((?:[^"\\]|\\.)*)"', text, re.MULTILINE):
        if found.group(1):
            suite = found.group(1)
            suites.setdefault(suite, [])
        elif suite:
            suites[suite].append(found.group(2))
    return suites


def check_text(path, text, findings):
    if text and not text.endswith("\n"):
        findings.add(path, text.count("\n") + 1, "no line break at the end of the file")
    narrow = re.match(r"#!.*bash|# shellcheck shell=bash", text)
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            findings.add(path, number, "a path of one machine")
        if line != line.rstrip() and not path.endswith(".md"):
            findings.add(path, number, "spaces at the end of the line")
        if narrow and len(line) > COLUMNS_MAX:
            findings.add(path, number, f"{len(line)} columns; at most {COLUMNS_MAX}")
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            findings.add(path, number, "an unfinished merge")


def check_script(path, text, findings):
    executable = os.access(ROOT / path, os.X_OK)
    if path.startswith(("scripts/", ".ci/")) and executable != text.startswith("#!"):
        findings.add(path, 1, "a first line `#!` and the mode of a program go together")
    if path.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
        try:
            compile(text, path, "exec")
        except SyntaxError as error:
            findings.add(path, error.lineno or 1, f"no Python: {error.msg}")


def read(path):
    return path.read_text(encoding="utf-8")


def check_repository():
    findings, swift, tests, pages = Findings(), {}, {}, {}
    for path in tracked_files():
        try:
            text = read(ROOT / path)
        except UnicodeDecodeError:
            continue  # an image
        check_text(path, text, findings)
        check_script(path, text, findings)
        if path.endswith(".swift"):
            check_swift(path, text, findings)
            if path.startswith("Sources/"):
                swift[path] = text
            if path.startswith("Tests/"):
                for suite, names in suites_of(text).items():
                    tests.setdefault(suite, []).extend(names)
        if re.search(r"(^|/)Placeholder\.swift$", path):
            findings.add(path, 1, "a placeholder: delete it")
        if path == "docs/reliability.md":
            pages[path] = text
    check_importers(swift, findings)
    for path, text in pages.items():
        check_named_tests(path, text, tests, findings)
    return findings


def self_test():
    """Each rule finds its fault and lets its neighbour pass."""
    long_function = "func long() {\n" + "    call()\n" * 70 + "}\n"
    cases = [
        ("Sources/A/A.swift", "let a = try! b()\n", 1),
        ("Sources/A/A.swift", "let a = \"try! \\(x)\" // try! this\n", 0),
        ("Sources/A/A.swift", "import Foundation\n", 1),
        ("Sources/A/A.swift", "internal import FoundationEssentials\n", 0),
        ("Sources/A/A.swift", long_function, 1),
        ("Sources/A/A.swift", "protocol P {\n    func a(\n        b: Int\n    ) throws\n}\n"
         + "struct S {\n" + "    var a = 1\n" * 80 + "}\n", 0),
        ("Sources/A/A.swift", "func a() throws -> Int\nwhere T: P {\n" + "x()\n" * 80 + "}\n", 1),
        ("Sources/A/A.swift", "init(a: Int) {\n" + "x()\n" * 80 + "}\n", 1),
        ("Sources/A/A.swift", "let a = 1\n" * 401, 1),
        ("Sources/A/A.swift", "// tidy: a table, of flags\n" + "let a = 1\n" * 401, 0),
        ("Sources/A/A.swift", "final class A: @unchecked Sendable {}\n", 1),
        ("Sources/A/A.swift", "// Protected by its queue.\nclass A: @unchecked Sendable {}\n", 0),
        ("Tests/A/A.swift", "let a = 1 // TO" + "DO: later\n", 1),
        ("Sources/A/A.swift", "do { try a() } catch {}\n", 1),
    ]
    failed = 0
    for path, text, expected in cases:
        findings = Findings()
        check_swift(path, text, findings)
        if len(findings.lines) != expected:
            print(f"self-test: {expected} expected of {text[:60]!r}: {findings.lines}")
            failed += 1
    findings = Findings()
    tests = suites_of('struct ATests {\n    @Test("does this\\"s and that")\n    func a() {}\n}\n')
    page = "`ATests: does…`, `ATests`, `other`; `ATests: does\n not…`, `BTests: does this…`"
    check_named_tests("docs/a.md", page, tests, findings)
    if len(findings.lines) != 2:
        print(f"self-test: 2 expected of a page that names tests: {findings.lines}")
        failed += 1
    return failed


def main():
    if self_test():
        return 1
    if "--self-test" in sys.argv:
        return 0
    findings = check_repository()
    print("".join(line + "\n" for line in sorted(findings.lines)), end="")
    return 1 if findings.lines else 0


if __name__ == "__main__":
    sys.exit(main())
