"""Reads a worker's exchange with Arrow's own Flight client: every value must be what was written.

Run by .ci/run, with pyarrow: python test/interop/flight.py
"""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.flight as flight

token = "a-token-of-enough-characters"
server = subprocess.Popen(
    ["node", str(Path(__file__).with_name("flight-server.ts")), token],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
)
try:
    said = json.loads(server.stdout.readline())
    client = flight.connect(f"grpc://{said['address']}")
    ticket = flight.Ticket(bytes.fromhex(said["ticket"]))
    bearer = flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {token}".encode())])

    try:
        client.do_get(ticket).read_all()
        sys.exit("a pull without the token was served")
    except flight.FlightUnauthenticatedError:
        pass

    table = client.do_get(ticket, bearer).read_all()
    table.validate(full=True)
    ids = list(range(said["rows"]))
    assert table.column("id").to_pylist() == ids, "id"
    assert table.column("name").to_pylist() == [None if i % 7 == 0 else f"naïve ✈ {i}" for i in ids], "name"
    assert table.column("even").to_pylist() == [i % 2 == 0 for i in ids], "even"
    assert table.column("points").to_pylist() == [None if i % 5 == 0 else [i / 2, None, -i] for i in ids], "points"
    print(f"pyarrow read {table.num_rows} rows of {table.num_columns} columns as they were written")
finally:
    server.stdin.close()
    server.wait(timeout=10)
