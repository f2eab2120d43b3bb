"""Compiles all mutants into one program, each behind a switch.

cargo-mutants compiles the program again for each mutant. Here a function with mutants begins with a copy of its body for
each of them, which runs if the environment variable MUTANT has the mutant's number: one build for all.
"""

import collections
import json
import os
import re
import shutil
import subprocess

SWITCH = """
/// Whether the environment variable `MUTANT` has this number.
pub(crate) fn mutant(number: u32) -> bool {
    static MUTANT: std::sync::LazyLock<Option<u32>> =
        std::sync::LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    *MUTANT == Some(number)
}
"""


class Source:
    """A file and the places in it."""

    def __init__(self, text):
        self.text = text
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def offset(self, place):
        return self.lines[place["line"] - 1] + place["column"] - 1

    def span(self, span):
        return self.offset(span["start"]), self.offset(span["end"])

    def body(self, function):
        """From after the opening brace of a function to its closing brace."""
        start, end = self.span(function["span"])
        name = function["function_name"].split("::")[-1]
        head = re.compile(rf"\bfn\s+{re.escape(name)}\b").search(self.text, start, end)
        return self.text.index("{", head.end()) + 1, end - 1

    def mutated_body(self, mutant):
        """The body of the mutant's function, on one line where it can be."""
        start, end = self.body(mutant["function"])
        mutated, after = self.span(mutant["span"])
        return self.text[start:mutated] + mutant["replacement"] + self.text[after:end]


def has_switch(function):
    """Whether a mutant can be chosen at run time: in a function, and not one whose return type is that of its body."""
    return function and "impl " not in function["return_type"]


def switched(text, mutants):
    """The file with the mutants behind their switches, and which line of it belongs to which mutant."""
    source = Source(text)
    insertions = collections.defaultdict(list)
    for number, mutant in mutants:
        start, _ = source.body(mutant["function"])
        insertions[start].append((number, source.mutated_body(mutant)))
    result, owners, at = "", {}, 0
    for start in sorted(insertions):
        result += source.text[at:start]
        at = start
        for number, body in insertions[start]:
            result += "\n"
            first = result.count("\n") + 1
            result += f"if crate::mutant({number}) {{ return {{{body}\n}}; }}\n"
            owners.update((line, number) for line in range(first, result.count("\n") + 1))
    return result + source.text[at:], owners


class SwitchedProgram:
    """A copy of the repository with all mutants behind switches."""

    def __init__(self, repository, work, mutants):
        self.repository, self.tree, self.target = repository, work / "tree", work / "target"
        self.mutants = mutants
        self.tests, self.apart = {}, {}

    def build(self):
        """Builds the tests. `self.apart` has why a mutant is not behind a switch: the compiler's error, or no switch."""
        self._copy()
        self.apart = {
            number: "no switch" for number, mutant in enumerate(self.mutants) if not has_switch(mutant["function"])
        }
        while broken := self._compile(self._write(set(range(len(self.mutants))) - self.apart.keys())):
            print(f"{len(broken)} mutants do not compile", flush=True)
            self.apart |= broken

    def _copy(self):
        shutil.rmtree(self.tree, ignore_errors=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=self.repository, check=True, capture_output=True, text=True)
        for name in filter(None, listed.stdout.split("\0")):
            target = self.tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.repository / name, target)
        library = self.tree / "src/lib.rs"
        library.write_text(library.read_text() + SWITCH)

    def _write(self, numbers):
        """Writes the files with these mutants; returns the owner of each line by file."""
        by_file = collections.defaultdict(list)
        for number in sorted(numbers):
            by_file[self.mutants[number]["file"]].append((number, self.mutants[number]))
        owners = {}
        for name in {mutant["file"] for mutant in self.mutants}:
            text, owners[name] = switched((self.repository / name).read_text(), by_file[name])
            path = self.tree / name
            if path.read_text() != text:
                path.write_text(text)
        return owners

    def _compile(self, owners):
        """Compiles the tests; returns the mutants with an error and the error's code, or none when all is built."""
        command = ["cargo", "test", "--no-run", "--locked", "--profile", "mutants", "--lib", "--test", "it", "--message-format", "json"]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(self.target)}
        run = subprocess.run(command, cwd=self.tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        messages = [json.loads(line) for line in run.stdout.splitlines()]
        if run.returncode == 0:
            self.tests = {
                message["target"]["name"]: message["executable"] for message in messages if message.get("executable")
            }
            return {}
        errors = [m["message"] for m in messages if m["reason"] == "compiler-message" and m["message"]["level"] == "error"]
        broken = {}
        for error in errors:
            code = (error["code"] or {}).get("code", "error")
            for span in error["spans"]:
                of_line = owners.get(span["file_name"], {})
                lines = range(span["line_start"], span["line_end"] + 1)
                broken |= {of_line[line]: code for line in lines if line in of_line}
        if not broken:
            raise SystemExit("\n".join(error["rendered"] for error in errors) or "the tests do not compile")
        return broken
