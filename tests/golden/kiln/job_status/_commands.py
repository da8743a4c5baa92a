# Generated from tests/golden by `make generate`; do not edit.

"""The commands of this distribution, as data: nothing of a client is imported for help."""

from ._client.command.table import Credential, Distribution, Job, Parameter, Product, Start

DISTRIBUTION = Distribution(
    "job-status",
    "job_status",
    "0.1.0",
    (
        Product(
            "kiln",
            "Kiln",
            "Kiln",
            "Firing pottery.",
            "KILN_URL",
            "https://kiln.example",
            (Credential("api_key", "KILN_API_KEY", "key"),),
            (("api_key",),),
            (
                Job(
                    "firing",
                    "firing",
                    "get_firing",
                    "Get the status of a firing",
                    (Parameter("firing_id", "firingId", "The id of the firing.", example="f-1"),),
                    0,
                    (
                        Parameter(
                            "verbose", "verbose", "Whether to include the temperature.", is_flag=True, example="True"
                        ),
                    ),
                    final=("DONE", "CRACKED"),
                ),
            ),
            (
                Start(
                    "start-firing",
                    "start_firing",
                    "Start a firing",
                    (),
                    (),
                    body="required",
                    jobs=("firing",),
                ),
            ),
        ),
    ),
)
