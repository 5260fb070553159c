// SPDX-License-Identifier: Apache-2.0
import dagre from '@dagrejs/dagre';
import type { MeshEdge, MeshGraph, MeshNode } from './model';

/** Where everything is drawn; x and y are centres. The layout depends on who is there, never on figures. */
export interface Layout {
  width: number;
  height: number;
  nodes: Map<string, Box>;
  groups: Group[];
  edges: Map<string, Route>;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The versions of one service. */
export interface Group extends Box {
  id: string;
  app: string;
  namespace: string;
}

export interface Route {
  path: string;
  label: { x: number; y: number };
}

export const NODE = { width: 116, height: 78 };
const IN_GROUP = { width: 96, height: 70 };
const LABEL = { width: 74, height: 24 };
const MARGIN = 20;

/** Changes exactly when the layout must. */
export function topology(graph: MeshGraph): string {
  const groups = grouped(graph.nodes);
  return JSON.stringify([
    graph.nodes.map((n) => [n.id, groups.get(n.id) ?? '']),
    graph.edges.map((e) => [e.id, e.source, e.target]),
  ]);
}

function groupId(node: MeshNode): string {
  return `group/${node.namespace}/${node.app}`;
}

/** Node to group, of the services with more than one version. */
export function grouped(nodes: MeshNode[]): Map<string, string> {
  const members = new Map<string, MeshNode[]>();
  for (const node of nodes) {
    if (node.kind === 'WORKLOAD') {
      members.set(groupId(node), [...(members.get(groupId(node)) ?? []), node]);
    }
  }
  const result = new Map<string, string>();
  for (const [id, nodesOfGroup] of members) {
    if (nodesOfGroup.length > 1) {
      nodesOfGroup.forEach((node) => result.set(node.id, id));
    }
  }
  return result;
}

export function layoutOf(graph: MeshGraph): Layout {
  const g = new dagre.graphlib.Graph({ compound: true, multigraph: true, directed: true });
  g.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 28, edgesep: 16, marginx: MARGIN, marginy: MARGIN });
  const groups = grouped(graph.nodes);
  const connected = new Set(graph.edges.flatMap((e) => [e.source, e.target]));
  const drawn = graph.nodes.filter((n) => connected.has(n.id));
  const idle = graph.nodes.filter((n) => !connected.has(n.id));
  for (const node of drawn) {
    g.setNode(node.id, { ...(groups.has(node.id) ? IN_GROUP : NODE) });
    const group = groups.get(node.id);
    if (group) {
      g.setNode(group, {});
      g.setParent(node.id, group);
    }
  }
  for (const edge of graph.edges) {
    if (drawn.length > 0 && edge.source !== edge.target) {
      g.setEdge(edge.source, edge.target, { ...LABEL, labelpos: 'c' }, edge.id);
    }
  }
  if (drawn.length > 0) {
    dagre.layout(g);
  }

  const nodes = new Map<string, Box>();
  for (const node of drawn) {
    const { x, y, width, height } = g.node(node.id);
    nodes.set(node.id, { x: x ?? 0, y: y ?? 0, width, height });
  }
  const size = g.graph() as { width?: number; height?: number };
  let width = drawn.length > 0 ? (size.width ?? 0) : 0;
  let height = drawn.length > 0 ? (size.height ?? 0) : 0;

  // Who has no traffic stands in rows below those who have.
  const perRow = Math.max(3, Math.floor((Math.max(width, 860) - MARGIN) / (NODE.width + 22)));
  idle.forEach((node, i) => {
    const column = i % perRow;
    const row = Math.floor(i / perRow);
    nodes.set(node.id, {
      x: MARGIN + NODE.width / 2 + column * (NODE.width + 22),
      y: height + MARGIN + NODE.height / 2 + row * (NODE.height + 20),
      ...NODE,
    });
  });
  if (idle.length > 0) {
    const rows = Math.ceil(idle.length / perRow);
    width = Math.max(width, 2 * MARGIN + Math.min(idle.length, perRow) * (NODE.width + 22) - 22);
    height += 2 * MARGIN + rows * (NODE.height + 20) - 20;
  }

  const boxes = surrounding(graph.nodes, groups, nodes, connected);
  for (const box of boxes) {
    height = Math.max(height, box.y + box.height / 2 + 12);
  }
  const edges = new Map<string, Route>();
  for (const edge of graph.edges) {
    const route = routeOf(edge, g, nodes);
    if (route) {
      edges.set(edge.id, route);
    }
  }
  return { width: Math.max(width, 1), height: Math.max(height, 1), nodes, groups: boxes, edges };
}

function surrounding(
  all: MeshNode[],
  groups: Map<string, string>,
  nodes: Map<string, Box>,
  connected: Set<string>,
): Group[] {
  const result = new Map<string, { group: Group; boxes: Box[] }>();
  for (const node of all) {
    const id = groups.get(node.id);
    const box = nodes.get(node.id);
    if (!id || !box || !connected.has(node.id)) {
      continue;
    }
    const known = result.get(id) ?? {
      group: { id, app: node.app, namespace: node.namespace, x: 0, y: 0, width: 0, height: 0 },
      boxes: [],
    };
    known.boxes.push(box);
    result.set(id, known);
  }
  return [...result.values()]
    .filter(({ boxes }) => boxes.length > 1)
    .map(({ group, boxes }) => {
      const left = Math.min(...boxes.map((b) => b.x - b.width / 2)) - 14;
      const right = Math.max(...boxes.map((b) => b.x + b.width / 2)) + 14;
      const top = Math.min(...boxes.map((b) => b.y - b.height / 2)) - 34;
      const bottom = Math.max(...boxes.map((b) => b.y + b.height / 2)) + 14;
      return { ...group, x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
    });
}

function routeOf(edge: MeshEdge, g: InstanceType<typeof dagre.graphlib.Graph>, nodes: Map<string, Box>): Route | null {
  const from = nodes.get(edge.source);
  const to = nodes.get(edge.target);
  if (!from || !to) {
    return null;
  }
  if (edge.source === edge.target) {
    const top = from.y - from.height / 2;
    return {
      path: `M${from.x - 22},${top} C${from.x - 34},${top - 44} ${from.x + 34},${top - 44} ${from.x + 22},${top - 4}`,
      label: { x: from.x, y: top - 44 },
    };
  }
  const placed = g.edge({ v: edge.source, w: edge.target, name: edge.id }) as
    | { points?: { x: number; y: number }[]; x?: number; y?: number }
    | undefined;
  const between = placed?.points?.slice(1, -1) ?? [];
  const forwards = to.x > from.x;
  const side = forwards ? 1 : -1;
  const start = { x: from.x + (side * from.width) / 2, y: from.y };
  // Short of the border, so that the arrow's tip touches it.
  const end = { x: to.x - side * (to.width / 2 + 5), y: to.y };
  // A little towards the end, where edges that leave one node together have parted.
  const label = { x: (placed?.x ?? (start.x + end.x) / 2) + side * 7, y: placed?.y ?? (start.y + end.y) / 2 };
  const inside = between.filter((p) => (p.x - start.x) * side > 8 && (end.x - p.x) * side > 8);
  return { path: smooth([start, ...inside, end]), label };
}

/** Through all points, level at each of them. */
function smooth(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  let path = `M${round(first!.x)},${round(first!.y)}`;
  let last = first!;
  for (const point of rest) {
    const reach = (point.x - last.x) / 2;
    path += ` C${round(last.x + reach)},${round(last.y)} ${round(point.x - reach)},${round(point.y)} ${round(point.x)},${round(point.y)}`;
    last = point;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
