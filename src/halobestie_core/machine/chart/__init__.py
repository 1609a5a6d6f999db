"""Pictures and pages from a table: Mermaid, SVG, matrix, causes, JSON; each a pure function of the table."""
