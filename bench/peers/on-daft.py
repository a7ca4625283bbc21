"""TPC-H on Daft's own runner: one process, as Daft comes (its cluster is Ray's)."""
import os

from harness import TABLES, run


def start(request):
    # Read when it is loaded.
    os.environ.update(DAFT_MEMORY_LIMIT=str(request["memoryBytes"]), DAFT_PROGRESS_BAR="0", DO_NOT_TRACK="true")
    import daft

    daft.set_runner_native(request["threads"])
    files = {table: daft.read_parquet(f"{request['directory']}/{table}.parquet") for table in TABLES}
    doubles = {table: with_doubles(frame) for table, frame in files.items()}
    inexact = set()

    def answer(name, sql):
        # Its dialect has no other form of it.
        text = sql.replace("substring(c_phone from 1 for 2)", "substring(c_phone, 1, 2)")
        if name not in inexact:
            try:
                return daft.sql(text, **files).to_arrow(), ""
            except Exception as error:
                if "Decimal" not in str(error) and "supertype" not in str(error):
                    raise
                inexact.add(name)
        return daft.sql(text, **doubles).to_arrow(), "decimals as doubles"

    configuration = {"runner": "native", "threads": request["threads"], "DAFT_MEMORY_LIMIT": request["memoryBytes"]}
    return daft.__version__, configuration, answer


def with_doubles(frame):
    from daft import DataType, col

    columns = (col(field.name) if not field.dtype.is_decimal128() else col(field.name).cast(DataType.float64())
               for field in frame.schema())
    return frame.select(*columns)


run(start)
