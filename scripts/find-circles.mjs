// Circles of a directed graph, such as that of files and their imports.

/** Groups of nodes that reach each other (Tarjan, 1972), in the order in which they are completed. */
function stronglyConnected(edges) {
  const order = new Map();
  const lowest = new Map();
  const open = [];
  const isOpen = new Set();
  const groups = [];
  const visit = (node) => {
    order.set(node, order.size);
    lowest.set(node, order.get(node));
    open.push(node);
    isOpen.add(node);
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (isOpen.has(next)) lowest.set(node, Math.min(lowest.get(node), lowest.get(next)));
    }
    if (lowest.get(node) !== order.get(node)) return;
    const group = open.splice(open.indexOf(node));
    for (const member of group) isOpen.delete(member);
    groups.push(group);
  };
  for (const node of edges.keys()) if (!order.has(node)) visit(node);
  return groups;
}

/** The shortest way from a node back to itself, without its end; undefined where there is none. */
function shortestCircle(edges, start, inside) {
  const from = new Map([[start, undefined]]);
  const queue = [start];
  for (const node of queue) {
    for (const next of edges.get(node) ?? []) {
      if (next === start) {
        const circle = [];
        for (let at = node; at !== undefined; at = from.get(at)) circle.unshift(at);
        return circle;
      }
      if (!inside.has(next) || from.has(next)) continue;
      from.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

/** A circle that starts with the node that sorts first. */
function fromFirst(circle) {
  const at = circle.indexOf([...circle].sort()[0]);
  return [...circle.slice(at), ...circle.slice(0, at)];
}

/**
 * The shortest circle through every node that lies on one, each circle once. `edges` gives the successors of every node; a node may be its
 * own successor.
 */
export function findCircles(edges) {
  const circles = new Map();
  for (const group of stronglyConnected(edges)) {
    const inside = new Set(group);
    for (const node of group) {
      const circle = shortestCircle(edges, node, inside);
      if (!circle) continue;
      const ordered = fromFirst(circle);
      circles.set(ordered.join('\n'), ordered);
    }
  }
  return [...circles.values()].sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** As in `a -> b -> a`. */
export function formatCircle(circle) {
  return [...circle, circle[0]].join(' -> ');
}
