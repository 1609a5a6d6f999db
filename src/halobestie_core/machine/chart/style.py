"""What the pictures look like: one style sheet and the arrow heads. Knows no table.

Colours come in two sets, chosen by the reader's own preference. No meaning is in a colour alone: failures are
dashed, end in another arrow head and bear a cross; ends have a double border.
"""

CODE = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
PROSE = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif"

NAME, COMMAND, GUARD, TITLE = 15.0, 12.5, 12.0, 20.0  # sizes of type
LINE = 16.0  # from one line of text to the next

STYLE = f"""
svg {{ --paper:#ffffff; --ink:#1b2733; --soft:#566575; --line:#55708c; --box:#eef4fa; --rim:#3f6188;
  --bad:#a8200d; --badbox:#fdf0ed; --start:#1f7a4d; }}
@media (prefers-color-scheme: dark) {{
  svg {{ --paper:#0f151c; --ink:#e8eef4; --soft:#a3b1bf; --line:#86a5c6; --box:#1a2633; --rim:#86a9d0;
    --bad:#ff9d8c; --badbox:#2f1a18; --start:#6fd6a0; }}
}}
text {{ font-family:{PROSE}; font-size:{GUARD}px; fill:var(--ink); }}
.code {{ font-family:{CODE}; }}
.title {{ font-size:{TITLE}px; font-weight:600; }}
.soft {{ fill:var(--soft); }}
.name {{ font-size:{NAME}px; font-weight:700; }}
.command {{ font-size:{COMMAND}px; font-weight:600; }}
.guard {{ fill:var(--soft); }}
.cause, .bad .name {{ fill:var(--bad); }}
.cause {{ font-size:{COMMAND}px; font-weight:600; }}
.paper {{ fill:var(--paper); }}
.box {{ fill:var(--box); stroke:var(--rim); stroke-width:1.6; }}
.inner {{ fill:none; stroke:var(--rim); stroke-width:1.1; }}
.bad .box {{ fill:var(--badbox); stroke:var(--bad); }}
.bad .inner, .bad .rule {{ stroke:var(--bad); }}
.rule {{ stroke:var(--rim); stroke-width:.8; opacity:.6; }}
.way {{ fill:none; stroke:var(--line); stroke-width:1.7; }}
.fails {{ stroke:var(--bad); stroke-dasharray:7 4; }}
.head {{ fill:var(--line); stroke:none; }}
.badhead {{ fill:none; stroke:var(--bad); stroke-width:1.8; }}
.turn {{ fill:none; stroke:var(--soft); stroke-width:1.5; }}
.start {{ fill:var(--start); }}
.cross {{ fill:none; stroke:var(--bad); stroke-width:1.9; }}
.startway {{ fill:none; stroke:var(--start); stroke-width:1.7; }}
"""

MARKERS = (
    '<marker id="moves" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="10" markerHeight="10"'
    ' markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 .6L10 5L0 9.4L2 5z"/></marker>'
    '<marker id="fails" viewBox="0 0 18 12" refX="17" refY="6" markerWidth="18" markerHeight="12"'
    ' markerUnits="userSpaceOnUse" orient="auto">'
    '<path class="badhead" d="M10 1.5L17 6L10 10.5M1.5 2.5L8 9.5M8 2.5L1.5 9.5"/></marker>'
    '<marker id="starts" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="10" markerHeight="10"'
    ' markerUnits="userSpaceOnUse" orient="auto"><path class="start" d="M0 .6L10 5L0 9.4L2 5z"/></marker>'
)
