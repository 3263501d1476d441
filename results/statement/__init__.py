"""The Statement of Results as a PDF: `render_statement` is the one way to make it."""

from results.statement.document import NoStatement, Statement, file_name
from results.statement.rendering import render_statement

__all__ = ["NoStatement", "Statement", "file_name", "render_statement"]
