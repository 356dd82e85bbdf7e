#!/usr/bin/env python3
"""One type, one name: two classes of one name in namespace espalier, in different files, merge silently when a program is linked."""
import re
import sys

from check_common import ROOT, files, finish, without_strings

OPENING = re.compile(r"\b(?:inline\s+)?namespace\b([^{;=]*)\{"
                     r"|\b(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?:\[\[\w+\]\]\s+)?((?:\w+::)*\w+)\b(?!\s*<)[^;{}()=]*\{"
                     r"|[{}]")
TEMPLATE = re.compile(r"\btemplate\s*<(?:[^<>]|<[^<>]*>)*>")
RAW = re.compile(r'R"(\w*)\(.*?\)\1"', re.S)


def defined(text):
    """The types that stand in a namespace: (line, "espalier::test::World"). Those of anonymous namespaces, of functions and of
    other types are left out."""
    text = RAW.sub(lambda match: '""' + "\n" * match.group().count("\n"), text)
    text = "\n".join("" if line.lstrip().startswith("#") else without_strings(re.sub(r"'(?:\\.|[^'\\])'", "0", line))
                     for line in text.split("\n"))
    text = TEMPLATE.sub(lambda match: "\n" * match.group().count("\n"), text)
    found, scopes = [], []  # a scope is a namespace's name, "" for an anonymous one, or None for anything else
    for match in OPENING.finditer(text):
        token = match.group()
        if token == "}":
            if scopes:
                scopes.pop()
        elif match.group(1) is not None:
            scopes.append(match.group(1).strip())
        elif match.group(2):
            if all(scopes) and "::" not in match.group(2):
                line = text.count("\n", 0, match.start()) + 1
                found.append((line, "::".join([*scopes, match.group(2)])))
            scopes.append(None)
        else:
            scopes.append(None)
    return found


def problems_of(texts):
    """`texts`: file -> its text. Programs of tests, benches and examples are linked one folder at a time, so types of two of
    their folders do not meet; those of espalier/ meet all."""
    places, problems = {}, []
    for path, text in texts.items():
        for line, name in defined(text):
            places.setdefault(name, []).append((str(path), line))
    for name, at in sorted(places.items()):
        library = [place for place in at if place[0].startswith("espalier/")]
        for path, line in at:
            folder = path.rsplit("/", 1)[0]
            rivals = [other for other in at if other != (path, line) and
                      (other in library or (path, line) in library or other[0].rsplit("/", 1)[0] == folder)]
            if rivals:
                problems.append(f"{path}:{line}: {name} is also in {rivals[0][0]}:{rivals[0][1]}; rename one, or put it into "
                                "an anonymous namespace if it is used in one file only")
    return problems


def check_itself():
    def types(text):
        return [name for _, name in defined(text)]
    assert types("namespace espalier {\nstruct A { struct B { int x; }; };\n}") == ["espalier::A"]
    assert types("namespace espalier {\nnamespace {\nclass A final : B {\n};\n}\nclass C {};\n}") == ["espalier::C"]
    assert types("namespace a::b {\nenum class E : int { x };\nvoid f() { struct G { int y; }; }\n}") == ["a::b::E"]
    assert types('namespace n {\n// struct A {\nauto s = "struct B {"; auto c = \'{\';\nstruct D;\ntemplate <class T>\nclass F {};\ntemplate <> struct hash<F> {};}') == ["n::F"]
    same = "namespace espalier {\nstruct Twin {\n};\n}"
    assert problems_of({"espalier/a/x.cc": same, "espalier/b/y.h": same})
    assert problems_of({"espalier/a/x.cc": same, "tests/b/y.cc": same})
    assert problems_of({"tests/b/x.cc": same, "tests/b/y.cc": same})
    assert not problems_of({"tests/a/x.cc": same, "tests/b/y.cc": same})


def main():
    check_itself()
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in
             files("espalier/*.h", "espalier/*.cc", "tests/*.h", "tests/*.cc", "bench/*.h", "bench/*.cc", "examples/*.cc")}
    finish("types", problems_of(texts), f"{sum(len(defined(text)) for text in texts.values()):,} types, no name twice")


if __name__ == "__main__":
    sys.exit(main())
