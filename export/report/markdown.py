"""Markdown tables. Pure."""


def markdown_table(headings: list[str], rows: list[list[str]], numbers_from: int) -> str:
    """Return a Markdown table whose columns from `numbers_from` on are right-aligned."""
    rule = ["---" if i < numbers_from else "---:" for i in range(len(headings))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [headings, rule, *rows])
