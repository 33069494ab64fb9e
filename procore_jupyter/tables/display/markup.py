"""The HTML of a drawn table: in the front end's own colours and type, whatever its theme."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from procore_jupyter.tables.display.columns import LONGEST_HOVER, Column
from procore_jupyter.wording import NO_FORMULAS, counted, one_line

LONGEST_LINE = 400
"""Characters of a line above the rows; the rest is cut."""

MOST_LISTED = 500
"""Columns in the list of all, at most."""

# Two classes in each rule outweigh JupyterLab's own rules for tables in outputs. The first column stays in place while
# the others scroll: it takes its row's background, which has to be opaque. A scrollbar with a look of its own is seen
# whenever there is something to scroll to, also where the system hides them.
_STYLE = """
.procore-table{font-family:var(--jp-ui-font-family,sans-serif);font-size:var(--jp-ui-font-size1,13px);
color:var(--jp-ui-font-color1,inherit);line-height:1.5}
.procore-table .procore-quiet{color:var(--jp-ui-font-color2,inherit)}
.procore-table .procore-alert{border-left:3px solid var(--jp-warn-color1,currentcolor);padding-left:8px;margin:2px 0}
.procore-table .procore-box{overflow-x:auto;max-width:100%;margin:4px 0}
.procore-table .procore-box::-webkit-scrollbar{height:10px}
.procore-table .procore-box::-webkit-scrollbar-thumb{background:var(--jp-border-color1,#8a8a8a);border-radius:5px}
.procore-table .procore-box:focus-visible{outline:2px solid var(--jp-brand-color1,currentcolor);outline-offset:1px}
.procore-table .procore-box table{margin:0;width:max-content;border-collapse:separate;border-spacing:0;
color:inherit;font-size:inherit;font-variant-numeric:tabular-nums}
.procore-table .procore-box caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.procore-table .procore-box th,.procore-table .procore-box td{text-align:left;vertical-align:top;padding:4px 10px;
white-space:nowrap;line-height:1.4}
.procore-table .procore-box .procore-number{text-align:right}
.procore-table .procore-box thead th{font-weight:600;border-bottom:1px solid var(--jp-border-color1,currentcolor)}
.procore-table .procore-box tbody th{font-weight:inherit}
.procore-table .procore-box tr{background:var(--jp-layout-color0,var(--vscode-editor-background,Canvas))}
.procore-table .procore-box tbody tr:nth-child(even){background:var(--jp-rendermime-table-row-background,var(--vscode-editor-background,Canvas))}
.procore-table .procore-box tbody tr:hover{background:var(--jp-layout-color2,var(--vscode-editor-background,Canvas))}
.procore-table .procore-box tr>th:first-child{position:sticky;left:0;background:inherit;z-index:1;
border-right:1px solid var(--jp-border-color2,#8a8a8a)}
.procore-table summary{cursor:pointer;width:fit-content}
.procore-table .procore-list table{width:100%}
.procore-table .procore-list td{white-space:normal;width:40%}
.procore-table .procore-list tbody th{font-family:var(--jp-code-font-family,monospace)}
""".replace("\n", "")


# A front end drops a page's own rules from a notebook that came from somebody else, and keeps what stands with a cell.
_LEFT = " style='text-align:left;white-space:nowrap'"
_RIGHT = " class='procore-number'"


def page(
    caption: str,
    alerts: Sequence[str],
    notes: Sequence[str],
    drawn: Sequence[Column],
    more: str,
    others: Sequence[Column],
) -> str:
    """Return a drawn table as HTML.

    A screen reader hears the caption as that of the table, and each row by its first cell.

    Parameters
    ----------
    caption : str
        What the rows are, how many, and how they came.
    alerts, notes : sequence of str
        What is missing; remarks on the rows. A line each.
    drawn : sequence of Column
        The columns that are drawn.
    more : str
        The line below the rows; empty for none.
    others : sequence of Column
        Further columns, which are only named.
    """
    rows = bool(drawn and drawn[0].cells)
    out = [f"<div class='procore-table {NO_FORMULAS}'><style>{_STYLE}</style>"]
    out += [_line(text, "class='procore-alert' role='status'") for text in alerts]
    # Of a table with rows, the same line is the caption that a screen reader hears.
    out.append(_line(caption, f"class='procore-quiet'{' aria-hidden=true' if rows else ''}"))
    out += [_line(text) for text in notes]
    if rows:
        out += [*_box(caption, drawn)]
    if more:
        out.append(_line(more))
    if drawn:
        out += [*_list([*drawn, *others], len(others))]
    out.append("</div>")
    return "".join(out)


def _line(text: str, attributes: str = "class='procore-quiet'") -> str:
    return f"<div {attributes}>{html.escape(one_line(text, LONGEST_LINE))}</div>"


def _box(caption: str, drawn: Sequence[Column]) -> Iterator[str]:
    """Give the rows, in a box that scrolls by itself; Tab leads to it, so that arrow keys scroll it."""
    yield "<div class='procore-box' role='group' tabindex='0' aria-label='rows'>"
    yield f"<table><caption>{html.escape(one_line(caption, LONGEST_LINE))}</caption><thead><tr>"
    sides = [_RIGHT if column.number else _LEFT for column in drawn]
    for column, side in zip(drawn, sides, strict=True):
        yield f"<th scope='col'{side} title='{_over(column)}'>{html.escape(column.head)}</th>"
    yield "</tr></thead><tbody>"
    for place in range(len(drawn[0].cells)):
        yield "<tr>"
        for column, side in zip(drawn, sides, strict=True):
            text, whole = column.cells[place], column.hovers[place] if column.hovers else ""
            tag, scope = ("th", " scope='row'") if column is drawn[0] else ("td", "")
            hover = f" title='{html.escape(whole, quote=True)}'" if whole else ""
            yield f"<{tag}{scope}{side if text else ''}{hover}>{html.escape(text)}</{tag}>"
        yield "</tr>"
    yield "</tbody></table></div>"


def _over(column: Column) -> str:
    """Return the text over a column's head: its whole name, its type, what it means."""
    said = f". {column.meaning}" if column.meaning else ""
    return html.escape(f"{one_line(column.name, LONGEST_HOVER)}: {column.kind}{said}", quote=True)


def _list(columns: Sequence[Column], hidden: int) -> Iterator[str]:
    """Give the list of all columns, which opens."""
    aside = f"; {hidden:,} of them not shown" if hidden else ""
    yield f"<details><summary class='procore-quiet'>{counted(len(columns), 'column')}, with type and meaning{aside}</summary>"
    yield "<div class='procore-box procore-list'><table><thead><tr>"
    yield "".join(f"<th scope='col'{_LEFT}>{one}</th>" for one in ("column", "type", "meaning"))
    yield "</tr></thead><tbody>"
    for column in columns[:MOST_LISTED]:
        name, kind, said = map(
            html.escape, (one_line(column.name, LONGEST_HOVER), column.kind, column.meaning)
        )
        yield f"<tr><th scope='row'{_LEFT}>{name}</th><td style='text-align:left'>{kind}</td><td style='text-align:left'>{said}</td></tr>"
    yield "</tbody></table></div>"
    if len(columns) > MOST_LISTED:
        yield _line(f"… {len(columns) - MOST_LISTED:,} more: .columns has all")
    yield "</details>"
