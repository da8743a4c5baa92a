"""JUnit XML: a case per operation and rule."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from ..result import Result
from ..rules import RULES

# What XML 1.0 cannot hold.
_UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535], "�")


def junit(results: Sequence[Result]) -> str:
    """The document as text. A rule that could not be judged is a skipped case, never a passed one."""
    root = ET.Element("testsuites", name="job-status verify")
    for result in results:
        suite = ET.SubElement(root, "testsuite", name=result.document.stem)
        counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for operation in result.operations:
            for rule in RULES:
                tally = result.tally(operation.id, rule.name)
                classname = f"{result.document.stem}.{operation.id}"
                case = ET.SubElement(suite, "testcase", classname=classname, name=rule.name)
                counts["tests"] += 1
                if tally.failures:
                    counts["failures"] += 1
                    lines = [f"{f.clause}\nwanted {f.wanted}\ngot {f.got}\nreplay {f.replay}" for f in tally.failures]
                    message = f"wanted {tally.failures[0].wanted}, got {tally.failures[0].got}"
                    failed = ET.SubElement(case, "failure", type=rule.name, message=message.translate(_UNPRINTABLE))
                    failed.text = "\n\n".join(lines).translate(_UNPRINTABLE)
                elif tally.accepted:
                    counts["skipped"] += 1
                    told = "; ".join(f"{f.got}: {reason}" for f, reason in tally.accepted)
                    ET.SubElement(case, "skipped", message=f"accepted: {told}".translate(_UNPRINTABLE))
                elif not tally.judged:
                    counts["skipped"] += 1
                    ET.SubElement(case, "skipped", message="nothing to judge")
        for index, problem in enumerate(result.problems):
            counts["tests"] += 1
            counts["errors"] += 1
            case = ET.SubElement(suite, "testcase", classname=result.document.stem, name=f"can_be_judged_{index}")
            ET.SubElement(case, "error", message=problem.translate(_UNPRINTABLE))
        for name, value in counts.items():
            suite.set(name, str(value))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
