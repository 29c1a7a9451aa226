"""Headers of frames as JSON, without the module `json`, which would be half of a cold start."""


def reader():
    """The scanner inside `json`, where this Python has it; else `json` itself."""
    try:
        from _json import make_scanner

        scan = make_scanner(ScannerOptions)
        if scan('{"a":[1,"b"]}', 0)[0] == {'a': [1, 'b']}:
            return lambda text: scan(text, 0)[0]
    except Exception:
        pass  # The scanner is no public interface, and may become another one.
    from json import loads

    return loads


class ScannerOptions:
    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


read_json = reader()


def read_header(text):
    header = read_json(text)
    if not isinstance(header, dict):
        raise ValueError('a header is not a JSON object')
    return header


def result_header(duration_ms, memory_kib, content_type):
    """`content_type` is one of ours: it needs no escapes."""
    type_member = '' if content_type is None else '"contentType":"%s",' % content_type
    return ('{%s"durationMs":%.3f,"memoryKiB":%d}' % (type_member, duration_ms, memory_kib)).encode()
