"""Print the public attributes and arguments of BaseSensorOperator, which an argument of an operator must not be named."""

import inspect

from airflow.providers.common.compat.sdk import BaseSensorOperator


def main() -> None:
    """Print the names."""
    sensor = BaseSensorOperator(task_id="any")
    names = {*dir(sensor), *vars(sensor)}
    for cls in BaseSensorOperator.__mro__:
        names |= set(vars(cls).get("__annotations__", {}))
        if "__init__" in vars(cls):
            names |= set(inspect.signature(cls.__init__).parameters)
    print(*sorted(name for name in names if not name.startswith("_")))


if __name__ == "__main__":
    main()
