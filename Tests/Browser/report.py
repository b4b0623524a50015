"""A line for each check as it is made, and at the end what failed."""

import sys
import traceback


class Report:
    def __init__(self):
        self.failures = []

    def check(self, name, is_right, detail=""):
        """Prints and keeps the result; returns it."""
        if not is_right:
            self.failures.append(f"{name}: {detail}" if detail else name)
        detail = " ".join(detail.split())
        print(f"{'ok  ' if is_right else 'FAIL'} {name}{f' ({detail})' if detail else ''}", flush=True)
        return is_right

    def note(self, text):
        print(f"     {text}", flush=True)

    def run(self, check, *arguments):
        """A check that breaks off has failed; the others go on."""
        try:
            check(self, *arguments)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "Browser" in frame.filename] or [last]
            self.check(check.__name__.replace("_", " "), False, f"line {ours[-1].lineno}: {str(error).splitlines()[0]}")

    def finish(self):
        if not self.failures:
            print("all checks passed")
            return
        print(f"{len(self.failures)} failed:", file=sys.stderr)
        for failure in self.failures:
            print(f"  {failure}", file=sys.stderr)
        sys.exit(1)
