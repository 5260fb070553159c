// SPDX-License-Identifier: Apache-2.0
// What the backend sends; io.flotilla.console.api.MeshView has the meaning of each field.

export type Kind = 'WORKLOAD' | 'GATEWAY' | 'SERVICE' | 'EXTERNAL' | 'OUTSIDE';
export type ProxyState = 'SYNCED' | 'LAGGING' | 'REFUSED';
export type Tone = 'GOOD' | 'NEUTRAL' | 'WARNING' | 'BAD';

export interface ConfigObject {
  kind: string;
  namespace: string;
  name: string;
  origin: string;
}

export interface MeshNode {
  id: string;
  kind: Kind;
  namespace: string;
  name: string;
  app: string;
  version: string;
  services: string[];
  requestRate: number;
  errorRate: number;
  proxy: { count: number; state: ProxyState; identity: string; userAgent: string; acknowledgedRevision: number } | null;
  configuration: ConfigObject[];
}

export interface MeshEdge {
  id: string;
  source: string;
  target: string;
  service: string;
  protocol: string;
  requestRate: number;
  errorRate: number;
  mtlsShare: number;
  p50Millis: number | null;
  p99Millis: number | null;
  sentBytesRate: number;
  receivedBytesRate: number;
  responses: Record<string, number>;
}

export interface MeshGraph {
  windowSeconds: number;
  source: string;
  problem: string | null;
  truncated: boolean;
  nodes: MeshNode[];
  edges: MeshEdge[];
}

export interface ProxyRow {
  nodeId: string;
  namespace: string;
  workload: string;
  type: string;
  state: ProxyState;
  sentRevision: number;
  acknowledgedRevision: number;
  acknowledgedAt: string | null;
  refused: string[];
  identity: string;
  userAgent: string;
}

export interface Rejection {
  file: string;
  line: number;
  object: string;
  reason: string;
}

export interface MeshStatus {
  parts: { name: string; target: string; problem: string | null }[];
  pilotRevision: number | null;
  configRevision: number | null;
  proxyCount: number;
  proxies: ProxyRow[];
  objectCount: number;
  rejections: Rejection[];
  unreachable: string[];
  tracesUrl: string | null;
  applicationUrl: string | null;
}

export interface MeshEvent {
  id: string;
  at: string;
  type: string;
  source: string;
  subject: string;
  tone: Tone;
  detail: string;
}

export interface MeshView {
  at: string;
  graph: MeshGraph;
  status: MeshStatus;
  events: MeshEvent[];
}

/** How an edge or a node is doing. */
export type Health = 'idle' | 'good' | 'degraded' | 'failing';

export const DEGRADED_FROM = 0.01;
export const FAILING_FROM = 0.05;

export function healthOf(requestRate: number, errorRate: number): Health {
  if (requestRate <= 0) {
    return 'idle';
  }
  return errorRate >= FAILING_FROM ? 'failing' : errorRate >= DEGRADED_FROM ? 'degraded' : 'good';
}

export function edgeHealth(edge: MeshEdge): Health {
  const bytes = edge.sentBytesRate + edge.receivedBytesRate;
  return edge.protocol === 'tcp' && bytes > 0 ? 'good' : healthOf(edge.requestRate, edge.errorRate);
}

/** Whether mutual TLS is to be expected: both ends are in the mesh. */
export type Lock = 'locked' | 'partly' | 'open' | 'none';

export function lockOf(edge: MeshEdge): Lock {
  if (edge.mtlsShare >= 0.999) {
    return 'locked';
  }
  if (edge.mtlsShare > 0.001) {
    return 'partly';
  }
  const leavesTheMesh = edge.source === 'outside' || edge.target.startsWith('external/');
  return leavesTheMesh || edge.target.startsWith('service/') ? 'none' : 'open';
}

/** The edges of one graph in sums. */
export function totals(graph: MeshGraph) {
  let requests = 0;
  let errors = 0;
  let inside = 0;
  let mutual = 0;
  for (const edge of graph.edges) {
    requests += edge.requestRate;
    errors += edge.requestRate * edge.errorRate;
    if (lockOf(edge) !== 'none') {
      inside += edge.requestRate;
      mutual += edge.requestRate * edge.mtlsShare;
    }
  }
  return {
    requests,
    errorRate: requests > 0 ? errors / requests : 0,
    mtlsShare: inside > 0 ? mutual / inside : null,
  };
}

export function nodeTitle(node: MeshNode): string {
  return node.version && node.kind === 'WORKLOAD' ? `${node.app} ${node.version}` : node.kind === 'WORKLOAD' ? node.app : node.name;
}

/** Where Jaeger's query API has the traces of a workload's service. */
export function tracesLink(tracesUrl: string | null, node: MeshNode | undefined): string | null {
  if (!tracesUrl || !node || (node.kind !== 'WORKLOAD' && node.kind !== 'GATEWAY')) {
    return null;
  }
  const service = encodeURIComponent(`${node.app}.${node.namespace}`);
  return `${tracesUrl.replace(/\/$/, '')}/api/traces?service=${service}&limit=20&lookback=1h`;
}

/** What a person should look at. */
export function problemCount(status: MeshStatus): number {
  return (
    status.parts.filter((p) => p.problem).length +
    status.proxies.filter((p) => p.state !== 'SYNCED').length +
    status.rejections.length +
    status.unreachable.length
  );
}
