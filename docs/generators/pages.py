"""All that is made: pages of the reference by name, and modules by path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from docs.generators.clients_page import clients_page
from docs.generators.errors_page import errors_page
from docs.generators.expectations_page import expectations_page
from docs.generators.facts_page import facts_page
from docs.generators.fault_clients_page import fault_clients_page
from docs.generators.faults_page import faults_page
from docs.generators.keywords import keywords_module, source_keywords_module
from docs.generators.packaging_rules_page import packaging_rules_page
from docs.generators.reports_page import reports_page
from docs.generators.session_page import session_page
from trio_srs.service.api.reference import reference_page

__all__ = ["MODULES", "PAGES"]

MODULES: Final[dict[str, Callable[[], str]]] = {
    "trio_srs/media/expect/keywords.py": keywords_module,
    "trio_srs/media/expect/source_keywords.py": source_keywords_module,
}
PAGES: Final[dict[str, Callable[[], str]]] = {
    "api.md": reference_page,
    "clients.md": clients_page,
    "errors.md": errors_page,
    "expectations.md": expectations_page,
    "facts.md": facts_page,
    "fault-clients.md": fault_clients_page,
    "faults.md": faults_page,
    "packaging-rules.md": packaging_rules_page,
    "reports.md": reports_page,
    "session.md": session_page,
}
