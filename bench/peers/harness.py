"""What the peers' scripts share: `run` answers the request that bench/peers.ts writes to stdin, as lines of JSON on stdout."""
import json
import sys
import time

import pyarrow.parquet as parquet

TABLES = ("lineitem", "orders", "customer", "part", "partsupp", "supplier", "nation", "region")


def say(**line):
    sys.__stdout__.write(json.dumps(line) + "\n")
    sys.__stdout__.flush()


def run(start):
    """`start(request)` gives `(version, configuration, answer)`; `answer(name, sql)` gives an Arrow table, in the client's
    memory, and perhaps a note on how it came to it. Each query runs once cold and then `runs` times warm; its last answer is
    written to a file, which bench/peers.ts compares with DuckDB's."""
    request = json.load(sys.stdin)
    sys.stdout = sys.stderr  # systems print there what they like
    started = time.perf_counter()
    version, configuration, answer = start(request)
    say(version=version, configuration=configuration, startMs=1000 * (time.perf_counter() - started))
    for name, sql in request["queries"].items():
        try:
            say(query=name, **measured(answer, name, sql, request))
        except BaseException as error:  # a panic of Rust's is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            say(query=name, error=f"{type(error).__name__}: {error}"[:1000])


def measured(answer, name, sql, request):
    times = []
    for _ in range(request["runs"] + 1):
        started = time.perf_counter()
        table, note = answer(name, sql)
        times.append(1000 * (time.perf_counter() - started))
    path = f"{request['answers']}/{name}.parquet"
    parquet.write_table(table, path)
    return {"coldMs": times[0], "warmMs": times[1:], "rows": table.num_rows, "answer": path, "note": note}
