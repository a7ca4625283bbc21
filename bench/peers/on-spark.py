"""TPC-H on Spark: a local cluster, its executors processes of their own, as Sheaf's workers are."""
import os
import sys

from harness import TABLES, run

EXECUTORS = 2
MIB = 2**20


def start(request):
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable)
    import pyspark
    from pyspark.sql import SparkSession

    cores = max(1, request["threads"] // EXECUTORS)
    heap = request["memoryBytes"] // EXECUTORS // MIB
    # Its worker must have room for an executor's heap and what Spark adds to it.
    room = heap + max(384, heap // 10)
    settings = {
        "spark.master": f"local-cluster[{EXECUTORS},{cores},{room}]",
        "spark.executor.memory": f"{heap}m",
        "spark.driver.memory": "2g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        # 200 by default, which is slower at these sizes.
        "spark.sql.shuffle.partitions": str(2 * request["threads"]),
        "spark.sql.warehouse.dir": f"{request['scratch']}/warehouse",
        "spark.local.dir": request["scratch"],
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for table in TABLES:
        spark.read.parquet(f"{request['directory']}/{table}.parquet").createOrReplaceTempView(table)
    return pyspark.__version__, settings, lambda _name, sql: (spark.sql(sql).toArrow(), "")


run(start)
