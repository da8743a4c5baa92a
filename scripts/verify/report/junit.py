"""JUnit XML report: one case per operation and check."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from ..checks import CHECKS
from ..result import Result

# Characters that XML 1.0 does not allow.
_UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535], "�")


def junit(results: Sequence[Result]) -> str:
    """Return the report as XML. A check that did not run is a skipped case, not a passed one."""
    root = ET.Element("testsuites", name="job-status verify")
    for result in results:
        suite = ET.SubElement(root, "testsuite", name=result.document.stem)
        counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for operation in result.operations:
            for check in CHECKS:
                tally = result.tally(operation.id, check.name)
                classname = f"{result.document.stem}.{operation.id}"
                case = ET.SubElement(suite, "testcase", classname=classname, name=check.name)
                counts["tests"] += 1
                if tally.failures:
                    counts["failures"] += 1
                    lines = [
                        f"{f.clause}\nexpected {f.expected}\ngot {f.got}\nreplay {f.replay}" for f in tally.failures
                    ]
                    message = f"expected {tally.failures[0].expected}, got {tally.failures[0].got}"
                    failed = ET.SubElement(case, "failure", type=check.name, message=message.translate(_UNPRINTABLE))
                    failed.text = "\n\n".join(lines).translate(_UNPRINTABLE)
                elif tally.accepted:
                    counts["skipped"] += 1
                    reasons = "; ".join(f"{f.got}: {reason}" for f, reason in tally.accepted)
                    ET.SubElement(case, "skipped", message=f"accepted: {reasons}".translate(_UNPRINTABLE))
                elif not tally.checked:
                    counts["skipped"] += 1
                    ET.SubElement(case, "skipped", message="not checked")
        for index, problem in enumerate(result.problems):
            counts["tests"] += 1
            counts["errors"] += 1
            case = ET.SubElement(suite, "testcase", classname=result.document.stem, name=f"could_be_checked_{index}")
            ET.SubElement(case, "error", message=problem.translate(_UNPRINTABLE))
        for name, value in counts.items():
            suite.set(name, str(value))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
