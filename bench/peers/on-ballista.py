"""TPC-H on Ballista: a scheduler and an executor as processes of their own, both started from Python.

One executor: each takes port 50052 beside the one that it is given, and its Python package cannot change that.
"""
import socket
import subprocess
import sys
import time

EXECUTORS = 1
HOST = "127.0.0.1"


def scheduler(port):
    from ballista import BallistaScheduler

    serve(BallistaScheduler(bind_host=HOST, bind_port=int(port)))


def executor(port, scheduler_port, tasks):
    from ballista import BallistaExecutor

    serve(BallistaExecutor(bind_host=HOST, bind_port=int(port), scheduler_host=HOST, scheduler_port=int(scheduler_port),
                           concurrent_tasks=int(tasks)))


def serve(role):
    role.start()
    role.wait_for_termination()


def spawn(*arguments):
    return subprocess.Popen([sys.executable, __file__, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=sys.stderr)


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def await_port(port, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port} after {seconds} s")


def start(request):
    from importlib.metadata import version

    from ballista import BallistaSessionContext

    from harness import TABLES

    tasks = max(1, request["threads"] // EXECUTORS)
    port, *executors = [free_port() for _ in range(EXECUTORS + 1)]
    spawn("scheduler", port)
    await_port(port)
    for executor_port in executors:
        spawn("executor", executor_port, port, tasks)
    for executor_port in executors:
        await_port(executor_port)
    context = BallistaSessionContext(f"df://{HOST}:{port}")
    for table in TABLES:
        context.register_parquet(table, f"{request['directory']}/{table}.parquet")
    configuration = {"executors": EXECUTORS, "concurrent_tasks": tasks, "memory": "no limit can be set from Python"}
    return version("ballista"), configuration, lambda _name, sql: (context.sql(sql).to_arrow_table(), "")


if len(sys.argv) > 1:
    {"scheduler": scheduler, "executor": executor}[sys.argv[1]](*sys.argv[2:])
else:
    from harness import run

    run(start)
