// Where a machine's states and edges are drawn: in columns, and with a place of its own for every label.
//
// States stand in columns by how far they are from the first one. Between two columns of states is one of
// labels; what spans more columns passes through places that are kept free for it. So no line hides a label
// and no label another. Edges that lead back are laid out as if they led forward and drawn the other way. All
// of it depends on the table alone: the same table is the same picture.

import { barycentres, coordinates } from "./columns.js";

/** Units of the picture; texts are monospaced, so their width is known without a browser. */
export const SIZE = {
  letter: 7.25, line: 17, state: 52, stateWidth: 132, rail: 9, port: 17, head: 7, gap: 20, between: 38,
  margin: 18,
};

/**
 * @param {{initial: string, states: {name: string}[]}} machine
 * @param {import("./edges.js").Edge[]} edges
 * @param {(edge: object) => string[]} lines what an edge's label says; the first leaves room for six digits
 * @returns {{width: number, height: number, states: object[], edges: object[], start: object}} an edge has
 *   its `path`, its `head` ([x, y, degrees]) and the place of its label
 */
export function layout(machine, edges, lines) {
  const ranks = ranked(machine, edges);
  const columns = [];
  const states = new Map();
  for (const { name } of machine.states) {
    const own = edges.filter((edge) => edge.from === name && edge.to === name);
    const loops = own.map((edge) => label(edge, lines));
    const ports = [-1, 1].map((side) => edges.filter((edge) => touches(edge, name, side, ranks)).length);
    const box = Math.max(SIZE.state, Math.max(...ports) * SIZE.port + 14);
    const rails = loops.length ? 2 * SIZE.rail * (loops.length + 1) : 0;
    const wide = Math.max(0, ...loops.map((loop) => loop.width)) + rails;
    const item = {
      kind: "state", name, loops, box, rank: ranks.get(name),
      width: Math.max(SIZE.stateWidth, name.length * SIZE.letter * 1.15 + 28, wide),
      height: box + loops.reduce((sum, loop) => sum + loop.height + 10, loops.length ? 12 : 0),
    };
    states.set(name, item);
    put(columns, item.rank * 2, item);
  }
  const chains = [];
  for (const edge of edges.filter(({ from, to }) => from !== to)) {
    const back = ranks.get(edge.from) > ranks.get(edge.to);
    const [left, right] = back ? [edge.to, edge.from] : [edge.from, edge.to];
    const chain = [states.get(left)];
    for (let column = ranks.get(left) * 2 + 1; column < ranks.get(right) * 2; column += 1) {
      const item = column === ranks.get(left) * 2 + 1
        ? { kind: "label", ...label(edge, lines) }
        : { kind: "pass", edge, width: 0, height: 12 };
      put(columns, column, item);
      chain.push(item);
    }
    chain.push(states.get(right));
    chains.push({ edge, back, chain });
  }
  const links = chains.flatMap(({ chain }) => chain.slice(1).map((item, place) => [chain[place], item]));
  barycentres(columns, links);
  coordinates(columns, links, SIZE.gap);
  return placed(machine, columns, states, chains);
}

// ---------------------------------------------------------------------------------------------- columns

/** The column of each state: the longest way to it from the first one, not counting what leads back. */
function ranked(machine, edges) {
  const next = new Map(machine.states.map(({ name }) => [name, []]));
  for (const { from, to } of edges) {
    if (from !== to && !next.get(from).includes(to)) next.get(from).push(to);
  }
  const backwards = new Set();
  const seen = new Map();
  const visit = (name) => {
    seen.set(name, "open");
    for (const to of next.get(name)) {
      if (seen.get(to) === "open") backwards.add(`${name} ${to}`);
      else if (!seen.has(to)) visit(to);
    }
    seen.set(name, "done");
  };
  visit(machine.initial);
  for (const { name } of machine.states) if (!seen.has(name)) visit(name);
  const ranks = new Map(machine.states.map(({ name }) => [name, 0]));
  for (let round = 0; round < machine.states.length; round += 1) {
    for (const [from, tos] of next) {
      for (const to of tos) {
        if (!backwards.has(`${from} ${to}`)) ranks.set(to, Math.max(ranks.get(to), ranks.get(from) + 1));
      }
    }
  }
  return ranks;
}

function touches({ from, to }, name, side, ranks) {
  if (from === to || (from !== name && to !== name)) return false;
  const other = from === name ? to : from;
  return side > 0 ? ranks.get(other) > ranks.get(name) : ranks.get(other) < ranks.get(name);
}

function label(edge, lines) {
  const said = lines(edge);
  const widest = Math.max(said[0].length + 6, ...said.slice(1).map((line) => line.length));
  return { edge, lines: said, width: widest * SIZE.letter + 20, height: said.length * SIZE.line + 8 };
}

function put(columns, place, item) {
  (columns[place] ??= []).push(item);
}

// ----------------------------------------------------------------------------------------------- places

function placed(machine, columns, states, chains) {
  let x = SIZE.margin + 64;
  let bottom = 0;
  for (const column of columns) {
    const width = Math.max(...column.map((item) => item.width));
    for (const item of column) {
      item.left = x;
      item.columnLeft = x;
      item.columnRight = x + width;
      if (item.kind !== "pass") item.width = width;
      bottom = Math.max(bottom, item.top + item.height);
    }
    x += width + SIZE.between;
  }
  const drawn = [...withPorts(chains), ...[...states.values()].flatMap(looped)];
  const first = states.get(machine.initial);
  return {
    width: x - SIZE.between + SIZE.margin,
    height: bottom + SIZE.margin * 2,
    states: [...states.values()].map(({ name, left, top, width, box }) => ({
      name, x: left, y: top + SIZE.margin, width, height: box,
    })),
    edges: drawn.map((edge) => ({
      ...edge,
      y: edge.y + SIZE.margin,
      path: edge.path(SIZE.margin),
      head: [edge.head[0], edge.head[1] + SIZE.margin, edge.head[2]],
    })),
    start: { x: SIZE.margin + 8, y: first.top + first.box / 2 + SIZE.margin, to: first.left },
  };
}

/** Lines meet a state one below the other, in the order of where they come from. */
function withPorts(chains) {
  const ends = new Map();
  for (const line of chains) {
    const [first, last] = [line.chain[0], line.chain.at(-1)];
    const meets = [[first, "right", line.chain[1]], [last, "left", line.chain.at(-2)]];
    for (const [state, side, beside] of meets) {
      const key = `${state.name} ${side}`;
      if (!ends.has(key)) ends.set(key, []);
      ends.get(key).push({ line, side, state, order: middle(beside) });
    }
  }
  for (const list of ends.values()) {
    list.sort((one, other) => one.order - other.order);
    list.forEach(({ line, side, state }, place) => {
      line[side] = state.top + state.box / 2 + (place - (list.length - 1) / 2) * SIZE.port;
    });
  }
  return chains.map(({ edge, back, chain, right, left }) => {
    const box = chain.find((item) => item.kind === "label");
    const points = [[chain[0].left + chain[0].width, right]];
    for (const item of chain.slice(1, -1)) {
      points.push([item.columnLeft, middle(item)], [item.columnRight, middle(item)]);
    }
    points.push([chain.at(-1).left, left]);
    if (back) points.reverse();
    const end = points.at(-1);
    const head = [...end, back ? 180 : 0];
    points.push([end[0] + (back ? SIZE.head : -SIZE.head), end[1]]);
    points.splice(-2, 1);
    return {
      edge, head, x: box.left, y: box.top, width: box.width, height: box.height, lines: box.lines,
      path: (down) => through(points.map(([x, y]) => [x, y + down])),
    };
  });
}

/** Edges from a state to itself hang below it, each on rails outside those of the one above. */
function looped(state) {
  const middleX = state.left + state.width / 2;
  let y = state.top + state.box + 12;
  const widest = Math.max(0, ...state.loops.map((loop) => loop.width));
  return state.loops.map((loop, place) => {
    const top = y;
    y += loop.height + 10;
    const rail = widest / 2 + SIZE.rail * (place + 1);
    const [out, home] = [middleX - rail, middleX + rail];
    const at = top + loop.height / 2;
    const from = state.top + state.box;
    return {
      edge: loop.edge, lines: loop.lines, head: [home, from, -90],
      x: middleX - widest / 2, y: top, width: widest, height: loop.height,
      path: (down) => `M${out} ${from + down}V${at + down - 7}Q${out} ${at + down} ${out + 7} ${at + down}` +
        `H${home - 7}Q${home} ${at + down} ${home} ${at + down - 7}V${from + down + SIZE.head}`,
    };
  });
}

function middle(item) {
  return item.kind === "state" ? item.top + item.box / 2 : item.top + item.height / 2;
}

function through(points) {
  return points.map(([x, y], place) => {
    if (place === 0) return `M${x} ${y}`;
    const [fromX, fromY] = points[place - 1];
    if (fromY === y) return `H${x}`;
    const bend = (fromX + x) / 2;
    return `C${bend} ${fromY} ${bend} ${y} ${x} ${y}`;
  }).join("");
}
