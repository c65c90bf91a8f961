"""An archive judged by Spark: spark-submit spark.py ARCHIVE RESULTS [flags of `ebl verify`].

The paths are spread over the executors, which all see the archive and have `ebl` on their path. Each partition is one run of
many documents; its reports become lines of RESULTS, for Spark (below) or for `ebl summary RESULTS/part-*`.
"""

import os
import subprocess
import sys

from pyspark.sql import SparkSession

# What `ebl verify` comes to when it has judged: see its exit codes.
JUDGED = {0, 1, 3, 4, 5, 6}
# Large enough that a partition shares what its documents have in common, small enough to be done again.
DOCUMENTS_A_PARTITION = 10_000
ENDINGS = (".json", ".jsonld", ".oa", ".opencert", ".tt")


def documents(folder):
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if name.lower().endswith(ENDINGS))


def judge(flags):
    def reports(paths):
        listed = "\n".join(paths)
        if not listed:
            return iter(())
        command = ["ebl", "verify", "--format", "jsonl", "--files-from", "-", *flags]
        run = subprocess.run(command, input=listed, capture_output=True, text=True, encoding="utf-8")
        lines = run.stdout.splitlines()
        # Spark does a partition again that failed: nothing of it must be missing.
        if run.returncode not in JUDGED or len(lines) != listed.count("\n") + 1:
            raise RuntimeError(f"ebl ended with {run.returncode}: {run.stderr}")
        return iter(lines)

    return reports


def main():
    archive, results, *flags = sys.argv[1:]
    # A name that is mistyped, or a volume that is not mounted, is no archive without documents.
    if not os.path.isdir(archive):
        print(f"ARCHIVE is no folder: {archive}", file=sys.stderr)
        sys.exit(2)
    spark = SparkSession.builder.appName("ebl-archive").getOrCreate()
    paths = sorted(documents(archive))
    if not paths:
        print(f"no document found in {archive}", file=sys.stderr)
        sys.exit(2)
    partitions = max(1, -(-len(paths) // DOCUMENTS_A_PARTITION), spark.sparkContext.defaultParallelism)
    reports = spark.sparkContext.parallelize(paths, partitions).mapPartitions(judge(flags))
    reports.saveAsTextFile(results)
    spark.read.json(results).groupBy("verdict").count().orderBy("verdict").show()
    spark.stop()


if __name__ == "__main__":
    main()
