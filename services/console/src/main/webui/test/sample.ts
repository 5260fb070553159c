// SPDX-License-Identifier: Apache-2.0
import type { Kind, MeshEdge, MeshGraph, MeshNode } from '../src/model';

/** Small graphs for tests. */
export function node(id: string, app = id, version = '', kind: Kind = 'WORKLOAD'): MeshNode {
  return {
    id,
    kind,
    namespace: 'default',
    name: id,
    app,
    version,
    services: [],
    requestRate: 0,
    errorRate: 0,
    proxy: null,
    configuration: [],
  };
}

export function edge(source: string, target: string, more: Partial<MeshEdge> = {}): MeshEdge {
  return {
    id: `${source} > ${target}`,
    source,
    target,
    service: `${target}.default.svc.cluster.local`,
    protocol: 'http',
    requestRate: 1,
    errorRate: 0,
    mtlsShare: 1,
    p50Millis: 1,
    p99Millis: 2,
    sentBytesRate: 0,
    receivedBytesRate: 0,
    responses: { '200': 1 },
    ...more,
  };
}

export function graph(nodes: MeshNode[], edges: MeshEdge[]): MeshGraph {
  return { windowSeconds: 60, source: 'window', problem: null, truncated: false, nodes, edges };
}
