"""Run the DAG of a file with `dag.test()`, and print the state and the results of each task as JSON.

The file is in the folder of DAGs. The last line of stdout is the result; the log of the tasks is above it.
"""

import json
import runpy
import sys
from typing import Any


def main() -> None:
    """Run the DAG."""
    found = runpy.run_path(sys.argv[1])
    run = found["dag"].test()
    tasks: dict[str, Any] = {}
    for task in run.get_task_instances():
        pulled = {
            key: task.xcom_pull(task_ids=task.task_id, key=key, map_indexes=task.map_index)
            for key in ("return_value", "resume_token", "_link_DocumentationLink")
        }
        name = task.task_id if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
        tasks[name] = {"state": task.state, "attempts": task.try_number, **pulled}
    sys.stdout.flush()
    print(json.dumps(tasks))


if __name__ == "__main__":
    main()
