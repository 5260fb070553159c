// SPDX-License-Identifier: Apache-2.0
import { bytes, millis, percent, rate } from './format';
import { lockOf, nodeTitle, type MeshGraph } from './model';
import { KIND_NAMES } from './NodeShape';

/** The figures of what the pointer or the keyboard is at. */
export function Hint(props: { graph: MeshGraph; id: string; x: number; y: number }) {
  const node = props.graph.nodes.find((n) => n.id === props.id);
  const edge = props.graph.edges.find((e) => e.id === props.id);
  if (!node && !edge) {
    return null;
  }
  return (
    <div role="tooltip" className="hint" style={{ left: props.x, top: props.y + 8 }}>
      {node && (
        <>
          <strong>{nodeTitle(node)}</strong>
          <span>
            {KIND_NAMES[node.kind]}
            {node.namespace && `, namespace ${node.namespace}`}
          </span>
          {node.kind !== 'OUTSIDE' && (
            <span>
              gets {rate(node.requestRate)}, {percent(node.errorRate)} errors
            </span>
          )}
          {node.proxy && (
            <span>
              {node.proxy.count === 1 ? 'proxy' : `${node.proxy.count} proxies`} {node.proxy.state.toLowerCase()}
            </span>
          )}
        </>
      )}
      {edge && (
        <>
          <strong>{edge.service.replace('.svc.cluster.local', '') || edge.target}</strong>
          {edge.protocol === 'tcp' ? (
            <span>
              tcp, {bytes(edge.sentBytesRate)} sent, {bytes(edge.receivedBytesRate)} received
            </span>
          ) : (
            <>
              <span>
                {rate(edge.requestRate)} {edge.protocol}, {percent(edge.errorRate)} errors
              </span>
              <span>
                p50 {millis(edge.p50Millis)}, p99 {millis(edge.p99Millis)}
              </span>
            </>
          )}
          {lockOf(edge) !== 'none' && (
            <span>{edge.mtlsShare >= 0.999 ? 'mutual TLS' : edge.mtlsShare <= 0.001 ? 'plaintext' : `${percent(edge.mtlsShare)} mutual TLS`}</span>
          )}
        </>
      )}
    </div>
  );
}
