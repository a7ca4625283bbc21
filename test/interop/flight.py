"""Reads a worker's exchange with Arrow's own Flight client: every value must be what was written.

Run by .ci/run, with pyarrow: python test/interop/flight.py
"""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
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
    # Batch by batch: each has its note, and the last frame, which has no batch, counts them all.
    reader = client.do_get(ticket, bearer)
    batches, notes = [], []
    try:
        while True:
            chunk = reader.read_chunk()
            notes.append(json.loads(chunk.app_metadata.to_pybytes()))
            if chunk.data is not None:
                batches.append(chunk.data)
    except StopIteration:
        pass
    assert pa.Table.from_batches(batches).equals(table)
    assert [note["rows"] for note in notes[:-1]] == [batch.num_rows for batch in batches], notes
    assert [part[:2] for part in notes[-1]["end"]] == [[2, 2 * said["rowsPerBatch"]]] * 3, notes[-1]

    nothing = client.do_get(flight.Ticket(bytes.fromhex(said["empty"])), bearer).read_all()
    assert nothing.num_rows == 0 and nothing.schema == table.schema, "an empty partition has its schema"

    [answer] = client.do_action(flight.Action("Ping", b""), bearer)
    assert json.loads(answer.body.to_pybytes())["version"] == said["version"], "Ping"
    print(f"pyarrow read {table.num_rows} rows of {table.num_columns} columns as they were written")
finally:
    server.stdin.close()
    server.wait(timeout=10)
