// Orders what stands in columns so that few lines cross, and gives all of it a height. Knows no machine.

/**
 * Reorder each column by where its neighbours stand, to and fro; keep the order with the fewest crossings.
 * @param {object[][]} columns changed in place
 * @param {[object, object][]} links between neighbouring columns, left to right
 */
export function barycentres(columns, links) {
  const neighbours = neighbourhood(links);
  let best = columns.map((column) => [...column]);
  let fewest = crossings(columns, links);
  for (let round = 0; round < 16 && fewest > 0; round += 1) {
    const order = [...columns.keys()];
    if (round % 2) order.reverse();
    for (const place of order) {
      const beside = columns[place + (round % 2 ? 1 : -1)];
      if (!beside) continue;
      const weights = new Map(columns[place].map((item, index) => {
        const near = neighbours.get(item).filter((other) => beside.includes(other));
        const mean = near.reduce((sum, other) => sum + (beside.indexOf(other) + 0.5) / beside.length, 0);
        return [item, near.length ? mean / near.length : (index + 0.5) / columns[place].length];
      }));
      columns[place] = [...columns[place]].sort((one, other) => weights.get(one) - weights.get(other));
    }
    const now = crossings(columns, links);
    if (now < fewest) {
      fewest = now;
      best = columns.map((column) => [...column]);
    }
  }
  best.forEach((column, place) => (columns[place] = column));
}

function crossings(columns, links) {
  const place = new Map(columns.flatMap((column, x) => column.map((item, y) => [item, [x, y]])));
  let many = 0;
  for (let one = 0; one < links.length; one += 1) {
    for (let other = one + 1; other < links.length; other += 1) {
      const [[x1, a], [, b]] = links[one].map((item) => place.get(item));
      const [[x2, c], [, d]] = links[other].map((item) => place.get(item));
      if (x1 === x2 && (a - c) * (b - d) < 0) many += 1;
    }
  }
  return many;
}

/**
 * Give every item its `top`: as straight to its neighbours as the others of its column allow.
 * @param {object[][]} columns in their order
 * @param {[object, object][]} links
 * @param {number} gap between two items of a column
 */
export function coordinates(columns, links, gap) {
  const neighbours = neighbourhood(links);
  for (const column of columns) {
    let top = 0;
    for (const item of column) {
      item.top = top;
      top += item.height + gap;
    }
    for (const item of column) item.top -= (top - gap) / 2;
  }
  for (let round = 0; round < 40; round += 1) {
    const order = round % 2 ? [...columns].reverse() : columns;
    for (const column of order) settle(column, neighbours, gap);
  }
  const highest = Math.min(...columns.flat().map((item) => item.top));
  for (const item of columns.flat()) item.top -= highest;
}

/** Blocks of items that touch move together to the mean of what each of them wishes. */
function settle(column, neighbours, gap) {
  const blocks = [];
  for (const item of column) {
    const near = neighbours.get(item) ?? [];
    const wish = near.length
      ? near.reduce((sum, other) => sum + centre(other), 0) / near.length - own(item) : item.top;
    let block = { items: [item], wishes: wish, height: item.height };
    while (blocks.length) {
      const before = blocks.at(-1);
      if (mean(before) + before.height + gap <= mean(block)) break;
      blocks.pop();
      const shift = before.height + gap;
      block = {
        items: [...before.items, ...block.items],
        wishes: before.wishes + block.wishes - shift * block.items.length,
        height: shift + block.height,
      };
    }
    blocks.push(block);
  }
  for (const block of blocks) {
    let top = mean(block);
    for (const item of block.items) {
      item.top = top;
      top += item.height + gap;
    }
  }
}

function mean(block) {
  return block.wishes / block.items.length;
}

function own(item) {
  return (item.box ?? item.height) / 2;
}

function centre(item) {
  return item.top + own(item);
}

function neighbourhood(links) {
  const neighbours = new Map();
  for (const [one, other] of links) {
    neighbours.set(one, [...(neighbours.get(one) ?? []), other]);
    neighbours.set(other, [...(neighbours.get(other) ?? []), one]);
  }
  return neighbours;
}
