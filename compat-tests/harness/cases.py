"""The cases of a client written in Python; python-cases.ts runs each in a process of its own.

    SCRIPT list               prints a line of JSON: [{"name": text, "kills_broker": bool}]
    SCRIPT run BOOTSTRAP NAME runs one case; what it raises is the failure

A case that kills the broker asks for it over its standard output and is answered over its standard input.
"""
import faulthandler
import json
import sys
import time
import traceback
import uuid

WAIT_MAX_S = 30
# A case that hangs says where, before python-cases.ts ends it.
_STACKS_AFTER_S = 75
_CASES = {}
_KILL = "kill the broker and start it again"


def case(name, kills_broker=False):
    def register(run):
        _CASES[name] = (run, kills_broker)
        return run
    return register


def main():
    if sys.argv[1] == "list":
        print(json.dumps([{"name": name, "kills_broker": kills} for name, (_run, kills) in _CASES.items()]))
        return
    _verb, bootstrap, name = sys.argv[1:]
    faulthandler.dump_traceback_later(_STACKS_AFTER_S)
    try:
        _CASES[name][0](bootstrap)
    except Exception:
        # The last lines are what the suite prints.
        traceback.print_exc(limit=-4)
        sys.exit(1)


def kill_broker():
    print(_KILL, flush=True)
    sys.stdin.readline()


def unique(name):
    """A broker that is not ours keeps the topics and groups of earlier runs."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def until(reached, what):
    """Waits until `reached()` answers something true, and answers that."""
    deadline = time.monotonic() + WAIT_MAX_S
    while True:
        answer = reached()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WAIT_MAX_S} s: {what}")
        time.sleep(0.02)


def settles(read, expected, what="the answer"):
    """Reads until it is as expected: a broker of Kafka's hears of a change a little later than its controller."""
    try:
        until(lambda: read() == expected, what)
    except TimeoutError:
        equal(read(), expected, what)


def equal(found, expected, what="the answer"):
    if found != expected:
        raise AssertionError(f"{what} is {_short(found)}, not {_short(expected)}")


def refused(work, kind):
    """What `work()` raises, which must be of this kind."""
    try:
        work()
    except kind as refusal:
        return refusal
    raise AssertionError(f"{kind} was to be raised, and was not")


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "..."
