#!/usr/bin/env python3
"""The bans and norms of docs/STYLE.md that a compiler does not see.

A ban keeps an effect or a library out of the code that has to stay free of it, and names its
reason in the message. A norm keeps files and functions small. What breaks a rule and has to stay
is listed in ci/tidy_exceptions.txt; that list may only shrink, so an exception nobody needs any
more is an error too, and one that origin/main does not have is refused.

    ci/tidy.py [--root DIR] [--base REF] [--verbose]

Exit: 0 clean, 1 findings. Findings go to stdout as path:line: rule: message.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass

# Folders whose code may touch clocks, threads, sockets and the environment.
EDGE = {"aio", "store", "net", "probes", "targets", "runner", "cli", "operator", "sidecar", "bench", "integration", "e2e"}
# Folders that may see Asio; store is an edge of files, not of sockets, and the drivers of kube take
# their time from a Clock.
ASIO = EDGE - {"store"} | {"kube", "cluster"}

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_P90 = 30
LONG_FUNCTIONS_RATIO = 0.01
HEADER_COMMENT_LINES_MAX = 30
TEXT = (".h", ".cpp", ".py", ".sh", ".cmake", ".json", ".yaml", ".yml", ".md", ".txt", ".sql",
        ".cfg", ".svg", ".html", ".css")
BAD_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}


@dataclass(frozen=True)
class Place:
    """What the path of a source file says about it."""
    path: str
    folder: str  # "drill" for libs/drill/x.cpp, tests/drill/x.cpp and tests/fuzz/drill/x.cpp
    test: bool

    @staticmethod
    def of(path):
        parts = path.split("/")
        if parts[0] == "libs" and len(parts) > 2:
            return Place(path, parts[1], False)
        if parts[0] == "tests" and len(parts) > 2:
            inner = parts[2] if parts[1] == "fuzz" and len(parts) > 3 else parts[1]
            return Place(path, inner, True)
        return Place(path, parts[0], False)


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern
    reason: str
    allowed: frozenset  # folders
    raw: bool = False  # look at includes, which are strings, instead of at the bare code
    headers: bool = True  # allowed in headers of the allowed folders
    tests: bool = True  # allowed in the tests of the allowed folders

    def covers(self, place):
        if place.folder not in self.allowed:
            return True
        if place.test and not self.tests:
            return True
        return not self.headers and place.path.endswith(".h")


def ban(rule, pattern, reason, allowed, **options):
    return Ban(rule, re.compile(pattern), reason, frozenset(allowed), **options)


def include(rule, header, reason, allowed, **options):
    return ban(rule, r'^\s*#\s*include\s*[<"]' + header, reason, allowed, raw=True, **options)


BANS = [
    ban("clock", r"\b(?:steady_clock|system_clock|high_resolution_clock)::now\b"
        r"|\b(?:clock_gettime|gettimeofday)\s*\(|\b(?:std::)?time\s*\(\s*(?:nullptr|NULL|0)\s*\)",
        "time is a parameter in pure code, so that a drill runs in virtual time; read it at the "
        "edge (aio/clock.h)", EDGE),
    ban("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>:])(?:::)?sleep\s*\(",
        "a sleep hides a missing event: await a timer or the event itself, and in tests wait for "
        "the thing that is expected", EDGE, tests=False),
    ban("random", r"\brandom_device\b|(?<![\w.>:])(?:std::)?s?rand\s*\(",
        "randomness is a base::Random& with a printed seed, so that every run can be repeated",
        EDGE),
    ban("getenv", r"\b(?:secure_)?getenv\s*\(",
        "the environment is read once, at the edge, and passed on as values", EDGE),
    ban("thread", r"\bstd::(?:jthread|thread|async)\b|\bpthread_create\s*\(",
        "decisions are single-threaded values; threads belong to the drivers at the edge", EDGE),
    include("asio", r"boost/asio", "pure code cannot touch a socket or a timer", ASIO),
    include("beast", r"boost/beast", "a file that sees Beast costs five times a pure one to "
            "compile: only net sees it", {"net"}),
    include("openssl", r"openssl/", "keys and TLS are handled in crypto and net alone",
            {"crypto", "net"}),
    include("nlohmann", r"nlohmann/", "api::Node is the tree of the headers; the JSON library stays "
            "in .cpp files of api, report, store, net and cli",
            {"api", "report", "store", "net", "cli"}, headers=False),
    include("yaml-cpp", r"yaml-cpp/", "its traps (anchors, duplicate keys, 010) are dealt with once, "
            "in api", {"api"}),
    include("libpq", r"(?:postgresql/)?libpq", "only the probes speak to PostgreSQL",
            {"probes", "integration"}),
    include("sqlite", r"sqlite3", "what must survive is written by store alone", {"store"}),
    include("prometheus", r"prometheus/", "metric names and exposition live in metrics; a benchmark "
            "may measure beside it", {"metrics", "bench"}),
    include("zlib", r"zlib\.h", "what is compressed is the format of the evidence, written down and "
            "read in one place, or a body of HTTP", {"bundle", "net"}),
    include("cpprest", r"(?:cpprest|pplx)/", "cpprestsdk serves outbound integrations and nothing "
            "else", {"outbound"}),
    include("hiredis", r"hiredis", "only redis reads and writes its protocol", {"redis"}),
    include("libmnl", r"libmnl/", "the kernel's rules are changed by muster-redirect, which ends before "
            "anything serves", {"sidecar"}),
    include("ares", r"ares(?:_\w+)?\.h", "names are asked for in one place, so that a lookup is never "
            "this machine's by accident", {"net"}),
    include("cli11", r"CLI/", "flags are parsed by the programs", {"cli", "operator", "sidecar", "bench"}),
    ban("unfinished", r"\b(?:TODO|FIXME|XXX|HACK)\b",
        "finish it or open an issue; comments do not carry work", set(), raw=True),
]

TOKENS = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def bare(text):
    """The code without comments, and with empty literals; every line keeps its number."""
    def one(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return blank(token)
        quote = "'" if token[0] == "'" else '"'
        return quote + blank(token[1:-1]) + quote
    return TOKENS.sub(one, text)


def closing(text, start):
    """The index of the bracket that closes the one at start, or the end of the text."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    want = []
    for i in range(start, len(text)):
        c = text[i]
        if c in pairs:
            want.append(pairs[c])
        elif want and c == want[-1]:
            want.pop()
            if not want:
                return i
    return len(text) - 1


LAMBDA = re.compile(r"\[(?!\[)")


def lambdas(code):
    """Yields (start, captures, body span) of every lambda."""
    for match in LAMBDA.finditer(code):
        start = match.start()
        before = code[max(0, start - 80):start].rstrip()
        if re.search(r"\bauto\s*&{0,2}$", before):  # a structured binding
            continue
        if before and (re.match(r"[\w\])\[]", before[-1]) and
                       not re.search(r"\b(?:return|co_return|co_await|co_yield)$", before)):
            continue
        end = closing(code, start)
        rest = re.compile(r"\s*(?:<[^{;]*?>\s*)?").match(code, end + 1).end()
        if rest < len(code) and code[rest] == "(":
            rest = closing(code, rest) + 1
        head = re.compile(r"[^{};=]*").match(code, rest)
        if head.end() >= len(code) or code[head.end()] != "{":
            continue
        yield start, code[start + 1:end].strip(), (head.end(), closing(code, head.end()))


def capturing_coroutines(code):
    """Offsets of lambdas that capture and are coroutines themselves (not by a nested lambda)."""
    found = list(lambdas(code))
    for start, captures, (low, high) in found:
        if not captures:
            continue
        body = code[low:high]
        for inner, _, (_, inner_end) in found:
            if low < inner < high:
                a, b = inner - low, inner_end - low
                body = body[:a] + blank(body[a:b]) + body[b:]
        if re.search(r"\bco_(?:await|return|yield)\b", body):
            yield start


def without_template(head):
    """The head of a declaration without template<...> and attributes."""
    head = re.sub(r"\[\[.*?\]\]|\b(?:alignas|__attribute__)\s*\((?:[^()]|\([^()]*\))*\)", " ", head,
                  flags=re.S)
    while True:
        match = re.match(r"\s*template\s*<", head)
        if not match:
            return head.strip()
        depth, i = 1, match.end()
        while i < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[i], 0)
            i += 1
        head = head[i:]


def kind_of(head):
    """What the '{' after this text opens: scope, function, init (of a member) or value."""
    head = without_template(head)
    if re.match(r"(?:inline\s+)?namespace\b", head) or re.match(r'extern\s*"\s*"$', head):
        return "scope"
    if re.match(r"(?:typedef\s+)?enum\b", head):
        return "value"
    if re.match(r"(?:typedef\s+|static\s+|const\s+)*(?:class|struct|union)\b", head) and "(" not in head:
        return "scope"
    if "(" not in head or re.search(r"(?<![=!<>])=(?!=)\s*$", head):
        return "value"
    if re.search(r"\)[^():]*(?:\([^()]*\))?\s*(?<!:):(?!:)", head) and re.search(r"[\w>]$", head):
        return "init"
    return "function" if re.search(r"[)\w>&\]]$", head) else "value"


def functions(text):
    """Yields (first line, length in lines) of every function, lambdas counted with their owner."""
    code = DIRECTIVE.sub(lambda m: blank(m.group(0)), bare(text))
    i, head = 0, 0
    while i < len(code):
        c = code[i]
        if c == "(":
            i = closing(code, i)
        elif c in ";}":
            head = i + 1
        elif c == ":" and re.search(r"\b(?:public|private|protected)\s*$", code[head:i]):
            head = i + 1
        elif c == "{":
            kind = kind_of(code[head:i])
            if kind == "scope":
                head = i + 1
            else:
                end = closing(code, i)
                if kind == "function":
                    lead = len(code[head:]) - len(code[head:].lstrip())
                    first = code.count("\n", 0, head + lead) + 1
                    yield first, code.count("\n", 0, end) + 2 - first
                    head = end + 1
                i = end
        i += 1


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_bans(place, text, code):
    for one in BANS:
        if not one.covers(place):
            continue
        subject = text if one.raw else code
        for number, line in enumerate(subject.split("\n"), 1):
            if one.pattern.search(line):
                yield Finding(place.path, number, one.rule, one.reason)
    for offset in capturing_coroutines(code):
        yield Finding(place.path, line_of(code, offset), "coroutine-lambda",
                      "the lambda dies before the coroutine it started: pass what it captures as "
                      "parameters")


def header_comment_lines(text):
    count = 0
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        count += 1
    return count


def check_form(place, text, paths):
    stem, extension = os.path.splitext(place.path)
    if extension == ".h" and not re.search(r"^#pragma once$", text, re.M):
        yield Finding(place.path, 1, "pragma-once", "a header starts with #pragma once")
    lines = header_comment_lines(text)
    if lines == 0 and (extension == ".h" or (stem + ".h") not in paths) and not place.test:
        yield Finding(place.path, 1, "header-comment",
                      "say at the top what the file is for and why it is so")
    if lines > HEADER_COMMENT_LINES_MAX:
        yield Finding(place.path, 1, "header-comment",
                      f"{lines} lines; at most {HEADER_COMMENT_LINES_MAX}: the rest is for docs/")


def check_names(path):
    for part in path.split("/"):
        words = re.split(r"[_\-.]", part.lower())
        bad = BAD_NAMES.intersection(words)
        if bad:
            yield Finding(path, 1, "name", f"'{bad.pop()}' says nothing: name the file after what "
                          "it does")
            return


def read_layers(root):
    path = os.path.join(root, "cmake/MusterLayers.cmake")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        found = re.findall(r"^set\(MUSTER_LAYER_(\w+) (\d+)\)", file.read(), re.M)
    return {name: int(number) for name, number in found}


def check_layers(place, text, layers):
    own = layers.get(place.folder)
    if own is None or place.test:
        return
    for match in re.finditer(r'^\s*#\s*include\s*"([a-z_0-9]+)/', text, re.M):
        used = match.group(1)
        if used == place.folder:
            continue
        if used not in layers:
            message = f"'{used}' is no layer of cmake/MusterLayers.cmake"
        elif layers[used] >= own:
            message = (f"layer {own} ({place.folder}) may not include layer {layers[used]} ({used}): "
                       "see docs/ARCHITECTURE.md")
        else:
            continue
        yield Finding(place.path, line_of(text, match.start()), "layer", message)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


class Norms:
    """Lengths of files and functions of the production code, and the limits they keep."""

    def __init__(self):
        self.file_lines = []
        self.function_lines = []

    def add(self, place, text):
        count = text.count("\n")
        if count > FILE_LINES_MAX:
            yield Finding(place.path, 1, "file-length", f"{count} lines; at most {FILE_LINES_MAX}")
        if not place.test:
            self.file_lines.append(count)
        for first, length in functions(text):
            if not place.test:
                self.function_lines.append(length)
            if length > FUNCTION_LINES_MAX:
                yield Finding(place.path, first, "function-length",
                              f"{length} lines; at most {FUNCTION_LINES_MAX}")

    def overall(self):
        if not self.function_lines:
            return
        p90 = percentile(self.function_lines, 0.9)
        if p90 > FUNCTION_LINES_P90:
            yield Finding("libs", 0, "function-p90",
                          f"{p90} lines; at most {FUNCTION_LINES_P90}")
        long = sum(1 for n in self.function_lines if n > FUNCTION_LINES_MAX)
        if long > LONG_FUNCTIONS_RATIO * len(self.function_lines):
            yield Finding("libs", 0, "long-functions",
                          f"{long} of {len(self.function_lines)} functions exceed "
                          f"{FUNCTION_LINES_MAX} lines; at most {LONG_FUNCTIONS_RATIO:.0%}")

    def summary(self):
        files, lengths = self.file_lines or [0], self.function_lines or [0]
        return (f"{len(self.file_lines)} files (lines: median {statistics.median(files):.0f}, "
                f"p90 {percentile(files, 0.9)}, max {max(files)}), "
                f"{len(self.function_lines)} functions (p90 {percentile(lengths, 0.9)}, "
                f"max {max(lengths)})")


EXCEPTIONS = "ci/tidy_exceptions.txt"


def parse_exceptions(text):
    """Yields (line number, rule, path, reason) of 'rule path # reason' lines."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry, _, reason = line.partition("#")
        words = entry.split()
        yield number, words[0], words[1] if len(words) == 2 else "", reason.strip()


def apply_exceptions(findings, root, base):
    path = os.path.join(root, EXCEPTIONS)
    if not os.path.exists(path):
        return findings
    with open(path, encoding="utf-8") as file:
        entries = list(parse_exceptions(file.read()))
    left, used = [], set()
    known = {(rule, where) for _, rule, where, reason in entries if where and reason}
    for finding in findings:
        key = (finding.rule, finding.path)
        used.add(key)
        if key not in known:
            left.append(finding)
    before = exceptions_of(root, base)
    for number, rule, where, reason in entries:
        if not where or not reason:
            left.append(Finding(EXCEPTIONS, number, "exception", "write: rule path # reason"))
        elif (rule, where) not in used:
            left.append(Finding(EXCEPTIONS, number, "exception",
                                f"nothing breaks '{rule}' in {where} any more: remove the line"))
        elif before is not None and (rule, where) not in before:
            left.append(Finding(EXCEPTIONS, number, "exception",
                                f"new since {base}: the list may only shrink"))
    return left


def exceptions_of(root, base):
    """The exceptions the base has, or None where there is no such base."""
    shown = subprocess.run(["git", "-C", root, "show", f"{base}:{EXCEPTIONS}"], check=False,
                           capture_output=True, text=True)
    if shown.returncode != 0:
        return None
    return {(rule, where) for _, rule, where, _ in parse_exceptions(shown.stdout)}


def source_paths(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], check=False,
                            capture_output=True, text=True)
    if listed.returncode == 0 and os.path.exists(os.path.join(root, ".git")):
        paths = listed.stdout.split("\n")
    else:
        paths = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, names in os.walk(root) for name in names]
    return sorted(p for p in set(paths) if p and os.path.isfile(os.path.join(root, p)))


def check_tree(root):
    """All findings before exceptions, and the norms."""
    paths = source_paths(root)
    known, layers, norms = set(paths), read_layers(root), Norms()
    findings = []
    for path in paths:
        findings += check_names(path)
        if not path.endswith(TEXT) or path.startswith("tests/corpus/"):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        if "\t" in text:
            findings.append(Finding(path, line_of(text, text.index("\t")), "tab", "use spaces"))
        if path.endswith((".h", ".cpp")):
            place, code = Place.of(path), bare(text)
            findings += check_bans(place, text, code)
            findings += check_form(place, text, known)
            findings += check_layers(place, text, layers)
            findings += norms.add(place, text)
    findings += norms.overall()
    return findings, norms


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    parser.add_argument("--base", default="origin/main", help="whose exceptions may not grow")
    parser.add_argument("--verbose", action="store_true", help="list the longest functions too")
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    findings, norms = check_tree(root)
    findings = apply_exceptions(findings, root, options.base)
    for finding in sorted(findings):
        print(finding)
    if options.verbose:
        for path in source_paths(root):
            if path.endswith((".h", ".cpp")):
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    for first, length in functions(file.read()):
                        if length > FUNCTION_LINES_P90:
                            print(f"{path}:{first}: {length} lines")
    print(f"tidy: {norms.summary()}, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
