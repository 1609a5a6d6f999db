// A machine's rows as the edges of its picture, with how often each was taken. Knows no place and no colour.

/**
 * @typedef {object} Edge what leads from one state to another, is called the same and has the same cause
 * @property {string} key
 * @property {string} from
 * @property {string} to
 * @property {string} event
 * @property {string | null} cause a tag; "carried": the command brings it
 * @property {number} count
 * @property {object[]} rows the table's rows that are drawn as this edge
 */

/**
 * Rows that only their guards tell apart were counted together, and each shows that count: once is enough.
 * @param {{rows: object[]}} machine one of GET /internal/audit/machines
 * @returns {Edge[]} in the order of the table
 */
export function edgesOf(machine) {
  const edges = new Map();
  for (const row of machine.rows) {
    const key = [row.from, row.to, row.event, row.cause ?? ""].join(" ");
    if (!edges.has(key)) {
      const { from, to, event, cause } = row;
      edges.set(key, { key, from, to, event, cause, count: 0, rows: [] });
    }
    const edge = edges.get(key);
    if (!edge.rows.some((other) => other.command === row.command)) edge.count += row.count;
    edge.rows.push(row);
  }
  return [...edges.values()];
}

/**
 * How many are in each state now: who came less who left.
 * @param {{initial: string, opened: number, states: {name: string}[]}} machine
 * @param {Edge[]} edges
 * @returns {Map<string, number> | null} null where the counts do not tell (not all births are moves)
 */
export function populations(machine, edges) {
  const now = new Map(machine.states.map((state) => [state.name, 0]));
  now.set(machine.initial, machine.opened);
  for (const { from, to, count } of edges) {
    if (from === to) continue;
    now.set(from, now.get(from) - count);
    now.set(to, now.get(to) + count);
  }
  return machine.opened > 0 && [...now.values()].every((many) => many >= 0) ? now : null;
}

/**
 * The same edges, counted over the moves of one aggregate.
 * @param {object} machine
 * @param {object[]} moves rows of GET /internal/audit/{aggregate}/{id}
 */
export function edgesTaken(machine, moves) {
  return edgesOf(machine).map((edge) => {
    return { ...edge, count: moves.filter((move) => isOf(move, edge)).length };
  });
}

function isOf(move, edge) {
  return move.from_state === edge.from && move.to_state === edge.to && move.event === edge.event &&
    (edge.cause === "carried" ? move.cause_tag !== null : move.cause_tag === edge.cause);
}
