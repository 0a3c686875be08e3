"""The driver of kcat; see driver.py. In Python, because kcat's headers are arguments of bytes."""
import itertools
import subprocess
import driver

# Longer than any chance in random bytes.
KEY_END = b"\x01\x02<key>\x03\x04"
RECORD_END = b"\x05\x06<record>\x07\x08"


def write(bootstrap, topic, codec, records):
    # Headers, and whether what is empty means null, hold for all records of a call.
    for (headers, means_null), group in itertools.groupby(records, lambda record: (record[2], is_tombstone(record))):
        options = [b"-P", b"-z", codec.encode(), b"-K", _escaped(KEY_END), b"-D", _escaped(RECORD_END)]
        options += [b"-X", b"enable.idempotence=true", b"-X", b"linger.ms=50"]
        options += [b"-Z"] if means_null else []
        for name, header in headers:
            options += [b"-H", name.encode() + b"=" + header]
        _kcat(bootstrap, topic, options, RECORD_END.join(_line(key, value) for key, value, _headers in group))


def is_tombstone(record):
    return record[1] is None


def _line(key, value):
    return (b"" if key is None else key + KEY_END) + (value or b"")


def read(bootstrap, topic):
    line = b"%K %S %k%s%h" + _escaped(RECORD_END)
    rest = _kcat(bootstrap, topic, [b"-C", b"-q", b"-e", b"-o", b"beginning", b"-f", line, b"-X", b"fetch.wait.max.ms=50"], b"")
    while rest:
        key_size, value_size, rest = rest.split(b" ", 2)
        key, rest = _take(int(key_size), rest)
        value, rest = _take(int(value_size), rest)
        headers, rest = rest.split(RECORD_END, 1)
        yield key, value, [_header(header) for header in headers.split(b",") if header]


def _take(size, rest):
    return (None, rest) if size < 0 else (rest[:size], rest[size:])


def _header(text):
    name, value = text.split(b"=", 1)
    return name.decode(), value


def _escaped(delimiter):
    return b"".join(b"\\x%02x" % byte for byte in delimiter)


def _kcat(bootstrap, topic, options, given):
    command = [b"kcat", b"-b", bootstrap.encode(), b"-t", topic.encode(), b"-p", b"0", *options]
    done = subprocess.run(command, input=given, capture_output=True, timeout=driver.READ_MAX_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace")[-300:])
    return done.stdout


driver.run(write, read)
