// A machine as a picture: states, edges with their counts, the weight of a line by how often it was taken.

import { html, useMemo, useRef, useSignal } from "common/html.js";
import { language, number } from "common/texts.js";
import { Icon } from "../icons.js";
import { layout, SIZE } from "./layout.js";
import { t } from "./texts.js";

const THIN = 1.25;
const THICK = 6.5;

/**
 * @param {object} props
 * @param {object} props.machine one of GET /internal/audit/machines
 * @param {import("./edges.js").Edge[]} props.edges
 * @param {Map<string, number> | null} [props.now] how many are in each state
 * @param {Map<string, number>} [props.fired] which edges fired just now ("machine edge-key"), by how many
 * @param {string | null} [props.here] the state to point at
 * @param {string | null} props.shown key of the edge that is told about
 * @param {(key: string | null, pinned: boolean) => void} props.onShow
 */
export function Diagram({ machine, edges, now = null, fired = new Map(), here = null, shown, onShow }) {
  const zoom = useSignal(null);
  const canvas = useRef(null);
  const plan = useMemo(() => layout(machine, edges, linesOf), [machine.fingerprint, language.value]);
  const counts = new Map(edges.map((edge) => [edge.key, edge]));
  const most = Math.max(1, ...edges.map((edge) => edge.count));
  const total = edges.reduce((sum, edge) => sum + edge.count, 0);
  const summary = t("diagram", {
    name: machine.name, states: machine.states.length, edges: edges.length, count: number(total),
  });
  const scale = (by) => {
    const present = canvas.current.getBoundingClientRect().width / plan.width;
    zoom.value = Math.min(2, Math.max(0.3, present * by));
  };

  return html`
    <div class="cc-diagram">
      <div class="cc-diagram-bar">
        <ul class="cc-legend-line">
          <li><i></i>${t("legend_weight")}</li>
          <li><i class="cc-legend-failure"></i>${t("legend_failure")}</li>
          <li><i class="cc-legend-never"></i>${t("legend_never")}</li>
        </ul>
        <div class="cc-zoom">
          <${Zoom} icon="minus" name=${t("zoom_out")} onClick=${() => scale(0.8)} />
          <${Zoom} icon="fit" name=${t("zoom_fit")} onClick=${() => (zoom.value = "fit")} />
          <${Zoom} icon="plus" name=${t("zoom_in")} onClick=${() => scale(1.25)} />
        </div>
      </div>
      <div class="cc-canvas" tabindex="0" role="group" aria-label=${summary}>
        <svg ref=${canvas} class="cc-machine" viewBox=${`0 0 ${plan.width} ${plan.height}`}
          style=${sized(zoom.value, plan.width)} role="group" aria-label=${machine.name}
          data-testid=${`audit_diagram_${machine.name}`}>
          <${Start} plan=${plan} machine=${machine} more=${fired.get(`${machine.name} `)} />
          ${plan.edges.map((place) => {
            const edge = counts.get(place.edge.key) ?? place.edge;
            return html`<${EdgeLine} key=${`${edge.key} line`} place=${place} edge=${edge}
              weight=${weight(edge.count, most)} shown=${shown === edge.key}
              more=${fired.get(`${machine.name} ${edge.key}`)} />`;
          })}
          ${plan.states.map((place) => html`<${State} key=${place.name} place=${place}
            state=${machine.states.find((state) => state.name === place.name)} count=${now?.get(place.name)}
            here=${here === place.name} />`)}
          ${plan.edges.map((place) => {
            const edge = counts.get(place.edge.key) ?? place.edge;
            return html`<${EdgeLabel} key=${edge.key} place=${place} edge=${edge} shown=${shown === edge.key}
              more=${fired.get(`${machine.name} ${edge.key}`)} onShow=${onShow} />`;
          })}
        </svg>
      </div>
    </div>`;
}

function Zoom({ icon, name, onClick }) {
  return html`
    <button type="button" aria-label=${name} title=${name} data-testid=${`audit_zoom_${icon}_button`}
      onClick=${onClick}><${Icon} name=${icon} /></button>`;
}

/** Unless told otherwise as wide as there is room, but neither huge nor too small to read: it scrolls. */
function sized(zoom, width) {
  if (zoom === "fit") return { width: "100%" };
  if (zoom !== null) return { width: `${width * zoom}px` };
  return { width: "100%", minWidth: `${width * 0.62}px`, maxWidth: `${width * 1.15}px` };
}

function linesOf(edge) {
  if (!edge.cause) return [edge.event];
  return [edge.event, edge.cause === "carried" ? t("cause_carried") : edge.cause];
}

function weight(count, most) {
  return count === 0 ? THIN : THIN + 0.75 + (THICK - THIN) * (Math.log1p(count) / Math.log1p(most));
}

function Start({ plan, machine, more }) {
  const { x, y, to } = plan.start;
  return html`
    <g class="cc-start" data-fired=${more ? "true" : undefined}>
      <title>${t("opened", { count: number(machine.opened) })}</title>
      <circle cx=${x} cy=${y} r="6" />
      <path d=${`M${x} ${y}H${to - 9}`} />
      <${Head} at=${[to, y, 0]} size=${1.5} />
      <text x=${(x + to) / 2} y=${y - 9} text-anchor="middle">${number(machine.opened)}</text>
    </g>`;
}

function Head({ at: [x, y, turn], size }) {
  const reach = 7 + size;
  const half = 3.5 + size / 2;
  return html`<path class="cc-head" transform=${`translate(${x} ${y}) rotate(${turn})`}
    d=${`M0 0L${-reach} ${-half}L${-reach} ${half}z`} />`;
}

function kind(edge) {
  return edge.cause ? "failure" : "move";
}

function EdgeLine({ place, edge, weight: width, shown, more }) {
  return html`
    <g class="cc-edge-line" data-kind=${kind(edge)} data-taken=${String(edge.count > 0)}
      data-shown=${shown ? "true" : undefined} data-fired=${more ? "true" : undefined} aria-hidden="true">
      <path class="cc-line" d=${place.path} style=${{ strokeWidth: `${width}px` }} />
      <${Head} at=${place.head} size=${width} />
      ${more && html`<path key=${edge.count} class="cc-spark" d=${place.path} pathLength="1"
        style=${{ strokeWidth: `${width + 3}px` }} />`}
    </g>`;
}

function EdgeLabel({ place, edge, shown, more, onShow }) {
  const { x, y, width, height, lines } = place;
  const written = [...lines, number(edge.count)].join(" "); // a name begins with what is seen
  const said = t("edge", { written, from: edge.from, to: edge.to });
  const act = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onShow(edge.key, true);
  };
  return html`
    <g class="cc-edge" tabindex="0" role="button" aria-label=${said} aria-pressed=${String(shown)}
      data-kind=${kind(edge)} data-taken=${String(edge.count > 0)} data-shown=${shown ? "true" : undefined}
      data-fired=${more ? "true" : undefined} data-count=${edge.count} data-event=${edge.event}
      data-testid="audit_edge"
      onMouseEnter=${() => onShow(edge.key, false)} onMouseLeave=${() => onShow(null, false)}
      onFocus=${() => onShow(edge.key, false)} onBlur=${() => onShow(null, false)}
      onClick=${act} onKeyDown=${act}>
      <rect x=${x} y=${y} width=${width} height=${height} rx="8" />
      <text x=${x + 9} y=${y + 16} aria-hidden="true">${lines[0]}</text>${" "}
      ${lines[1] && html`
        <text class="cc-cause" x=${x + 9} y=${y + 16 + SIZE.line} aria-hidden="true">${lines[1]}</text>`}${" "}
      <text class="cc-count" x=${x + width - 9} y=${y + 16} text-anchor="end" aria-hidden="true">
        ${number(edge.count)}
      </text>
    </g>`;
}

function State({ place, state, count, here }) {
  const { x, y, width, height, name } = place;
  const middle = y + height / 2;
  const told = count !== undefined && count !== null;
  return html`
    <g class="cc-state" data-failure=${state.failure ? "true" : undefined}
      data-here=${here ? "true" : undefined}>
      ${here && html`
        <rect class="cc-here" x=${x - 6} y=${y - 6} width=${width + 12} height=${height + 12} rx="18" />`}
      <rect x=${x} y=${y} width=${width} height=${height} rx="13" />
      ${state.terminal && html`
        <rect class="cc-inner" x=${x + 4} y=${y + 4} width=${width - 8} height=${height - 8} rx="9.5" />`}
      <text class="cc-name" x=${x + width / 2} y=${told ? middle - 3 : middle + 5} text-anchor="middle">
        ${name}
      </text>
      ${told && html`<text class="cc-now" x=${x + width / 2} y=${middle + 16} text-anchor="middle">
        ${t("now_here", { count: number(count) })}
      </text>`}
    </g>`;
}
