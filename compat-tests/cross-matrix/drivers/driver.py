"""What every driver written in Python shares: the arguments, the files of records, and one line of report a topic.

    DRIVER write BOOTSTRAP RECORDS CODEC=TOPIC...   writes the records of one file to each topic
    DRIVER read BOOTSTRAP DIRECTORY TOPIC...        reads each topic to its end, into DIRECTORY/TOPIC

A file has one record a line, as JSON: {"key": base64 or null, "value": base64 or null, "headers": [[name, base64]]}.
On its standard output a driver says {"topic": name, "error": text or null} for each topic; one that fails does not
keep it from the others.
"""
import base64
import json
import os
import sys

# A tail that cannot be read is a failure, not a wait without end.
READ_MAX_S = 15


def run(write, read):
    """write(bootstrap, topic, codec, records) and read(bootstrap, topic), which answers the records."""
    verb, bootstrap, place, *topics = sys.argv[1:]
    if verb == "write":
        records = _load(place)
        for assignment in topics:
            codec, topic = assignment.split("=")
            _report(topic, lambda: write(bootstrap, topic, codec, records))
    else:
        for topic in topics:
            _report(topic, lambda: _store(os.path.join(place, topic), read(bootstrap, topic)))


def _report(topic, work):
    error = None
    try:
        work()
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    print(json.dumps({"topic": topic, "error": error}), flush=True)


def _load(path):
    with open(path) as lines:
        return [_decode(json.loads(line)) for line in lines]


def _decode(line):
    headers = [(name, base64.b64decode(value)) for name, value in line["headers"]]
    return _bytes(line["key"]), _bytes(line["value"]), headers


def _bytes(text):
    return None if text is None else base64.b64decode(text)


def _store(path, records):
    with open(path, "w") as lines:
        for key, value, headers in records:
            line = {"key": _text(key), "value": _text(value), "headers": [[name, _text(v)] for name, v in headers]}
            lines.write(json.dumps(line) + "\n")


def _text(value):
    return None if value is None else base64.b64encode(value).decode()
