"""Results files: the only way results come into the system."""

from results.importer.rejects import write_rejects
from results.importer.report import ImportConflictError, Problem, Report
from results.importer.service import import_results

__all__ = ["ImportConflictError", "Problem", "Report", "import_results", "write_rejects"]
