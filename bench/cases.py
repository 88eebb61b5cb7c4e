"""What is measured: rows of one table, each in several places, and the ratio to its floor."""

import statistics
from dataclasses import dataclass, field

import tools

WAYS = ("direct", "auth_request")
CLIENTS = (16, 64)
WORKERS = (1, 2)
PLACES = tuple((way, clients) for way in WAYS for clients in CLIENTS)

FLOOR = "floor: bare 204"
# Rows whose locations are not made here: of the generated configuration.
GENERATED = ("generated", "cached")


@dataclass
class Row:
    """A kind of request that is answered by a pool of its own kind, direct and under auth_request,
    by one worker and by two; of these the better counts, for the floor as for the rest."""
    name: str
    pool: str | None            # None: nginx answers by itself
    folder: str                 # of its locations: /folder/way/workers
    uri: str | None = None      # what the worker is told it is
    permission: str | None = None
    credential: str = "one"     # the file with header lines
    ways: tuple = WAYS
    workers: tuple = WORKERS
    floor: str | None = FLOOR
    placed: bool = False        # its workers on one core with memcached
    # By place: a list of rounds, each the results by number of workers.
    rounds: dict = field(default_factory=dict)

    def locations(self):
        if self.pool is None or self.folder in GENERATED:
            return ""
        out = ""
        for way in self.ways:
            for workers in self.workers:
                path, name = self.path(way, workers), f"{self.pool}_{workers}"
                if way == "direct":
                    # libfcgi's own loop would starve on kept connections.
                    keep = self.pool != "loop"
                    out += tools.direct(path, f"{name}_kept" if keep else name, keep, self.uri,
                                        self.permission)
                else:
                    out += tools.protected(path, name, False, self.uri, self.permission)
        return out

    def path(self, way, workers):
        if self.pool is None:
            return "/static" if way == "direct" else "/site/static"
        return f"/{self.folder}/{way}/{workers}"

    def measure(self, base, seconds, place, bench):
        way, clients = place
        results = {}
        for workers in self.workers:
            pids = bench.pids(self.pool, workers)
            together = [*pids, bench.stack.pid("memcached")] if self.placed else []
            before = tools.cpu_seconds(pids)
            with tools.on_one_core(together):
                run = tools.wrk(base + self.path(way, workers), seconds, clients,
                                tools.HERE / "tokens.lua", [bench.files[self.credential]])
            run["worker_us"] = (tools.cpu_seconds(pids) - before) * 1e6 / max(1, run["requests"])
            results[workers] = run
        self.rounds.setdefault(place, []).append(results)

    def best(self, place):
        """The better number of workers of each round."""
        return [max(results.values(), key=lambda run: run["rps"])
                for results in self.rounds.get(place, [])]

    def median(self, place, key):
        return statistics.median(run[key] for run in self.best(place))

    def ratio(self, place, floor, key="rps"):
        pairs = zip(self.best(place), floor.best(place))
        return statistics.median(mine[key] / max(1, theirs[key]) for mine, theirs in pairs)

    def bad(self):
        return sum(run["bad"] for rounds in self.rounds.values()
                   for results in rounds for run in results.values())


def verification_rows():
    def ask(name, **changes):
        return Row(name, **({"pool": "verify", "uri": "/auth/verify"} | changes))
    return [
        Row("nginx: return 204", None, "static", workers=(0,), floor=None),
        Row(FLOOR, "floor", "floor", floor=None),
        ask("verify: proof in memcached", folder="hit"),
        ask("verify: on memcached's core", folder="placed", placed=True),
        ask("verify: by cookie", folder="cookie", credential="cookie"),
        ask("verify: a permission, of 3", folder="some", permission="sales:orders:view"),
        ask("verify: a permission, of 10,000", folder="wide", permission="bench:thing7000:view",
            credential="wide"),
        ask("verify: many sessions", folder="many", credential="many"),
        ask("verify: EdDSA", pool="eddsa", folder="eddsa", credential="eddsa"),
        ask("verify: EdDSA, many sessions", pool="eddsa", folder="eddsas", credential="eddsas"),
        ask("verify: MariaDB asked", pool="miss", folder="miss", credential="many"),
        # By the generated configuration and the snippets, which name one pool.
        ask("verify: as nginx-config has it", folder="generated", ways=("auth_request",),
            workers=(2,)),
        ask("verify: nginx micro-cache", folder="cached", ways=("auth_request",), workers=(2,)),
        Row("floor: libfcgi's accept loop", "loop", "loop"),
    ]


class Single:
    """A row that is measured in one place alone, with a script of its own."""

    def __init__(self, name, path, unit=None, args=None, **options):
        """`args`: of the script, by the number of the round; `unit`: what its ratio is to."""
        self.name, self.path, self.unit = name, path, unit
        self.args, self.options = args, options
        self.runs = []

    def measure(self, base, seconds):
        options = dict(self.options)
        if self.args:
            options["args"] = self.args(len(self.runs))
        self.runs.append(tools.wrk(base + self.path, seconds, **options))

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    def bad(self):
        return sum(run["bad"] for run in self.runs)
