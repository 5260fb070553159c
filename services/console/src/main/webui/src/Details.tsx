// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import {
  Button,
  Content,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
} from '@patternfly/react-core';
import ExternalLinkAltIcon from '@patternfly/react-icons/dist/esm/icons/external-link-alt-icon';
import LockIcon from '@patternfly/react-icons/dist/esm/icons/lock-icon';
import LockOpenIcon from '@patternfly/react-icons/dist/esm/icons/lock-open-icon';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { bytes, millis, percent, rate, windowName } from './format';
import {
  edgeHealth,
  healthOf,
  lockOf,
  nodeTitle,
  totals,
  tracesLink,
  type Health,
  type MeshEdge,
  type MeshGraph,
  type MeshNode,
  type MeshStatus,
} from './model';
import { KIND_NAMES } from './NodeShape';

interface Shared {
  graph: MeshGraph;
  status: MeshStatus;
  onSelect: (id: string | null) => void;
}

/** What is selected, or else the mesh as a whole. */
export function Details(props: Shared & { selected: string | null }) {
  const node = props.graph.nodes.find((n) => n.id === props.selected);
  const edge = props.graph.edges.find((e) => e.id === props.selected);
  if (node) {
    return <NodeDetails {...props} node={node} />;
  }
  if (edge) {
    return <EdgeDetails {...props} edge={edge} />;
  }
  return <Overview {...props} />;
}

function Heading(props: { title: string; under: string; onClose: () => void }) {
  return (
    <div className="details__heading">
      <div>
        <h2>{props.title}</h2>
        <span className="muted">{props.under}</span>
      </div>
      <Button variant="plain" size="sm" icon={<TimesIcon />} aria-label="Close the details" onClick={props.onClose} />
    </div>
  );
}

function Facts(props: { facts: [string, ReactNode][] }) {
  return (
    <DescriptionList isCompact isHorizontal termWidth="7.5rem" className="facts">
      {props.facts
        .filter(([, value]) => value !== null && value !== '' && value !== undefined)
        .map(([term, value]) => (
          <DescriptionListGroup key={term}>
            <DescriptionListTerm>{term}</DescriptionListTerm>
            <DescriptionListDescription>{value}</DescriptionListDescription>
          </DescriptionListGroup>
        ))}
    </DescriptionList>
  );
}

export function HealthDot(props: { health: Health }) {
  return <span className={`dot dot--${props.health}`} aria-hidden="true" />;
}

function Overview({ graph, status, onSelect }: Shared) {
  const sum = totals(graph);
  const apps = byApp(graph);
  return (
    <div className="details">
      <div className="details__heading">
        <div>
          <h2>The mesh</h2>
          <span className="muted">over the last {windowName(graph.windowSeconds)}</span>
        </div>
      </div>
      <Facts
        facts={[
          ['Requests', `${rate(sum.requests)} on ${graph.edges.length} connections`],
          ['Errors', percent(sum.errorRate)],
          ['Mutual TLS', sum.mtlsShare === null ? '–' : percent(sum.mtlsShare)],
          ['Proxies', status.pilotRevision === null ? '–' : `${status.proxyCount}, graph revision ${status.pilotRevision}`],
          ['Configuration', status.configRevision === null ? '–' : `${status.objectCount} objects, revision ${status.configRevision}`],
          ['Figures from', graph.source === 'prometheus' ? 'Prometheus' : graph.source === 'window' ? 'the proxies' : ''],
        ]}
      />
      {apps.length > 0 && (
        <>
          <h3>Services</h3>
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">service</th>
                <th scope="col" className="number">
                  requests
                </th>
                <th scope="col" className="number">
                  errors
                </th>
              </tr>
            </thead>
            <tbody>
              {apps.map((app) => (
                <tr key={app.id}>
                  <td>
                    <HealthDot health={healthOf(app.requests, app.errorRate)} />
                    <Button variant="link" isInline onClick={() => onSelect(app.id)}>
                      {app.name}
                    </Button>
                  </td>
                  <td className="number">{app.requests > 0 ? rate(app.requests) : 'idle'}</td>
                  <td className="number">{app.requests > 0 ? percent(app.errorRate) : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {graph.truncated && <p className="muted">The mesh is larger than the picture: only the busiest are drawn.</p>}
    </div>
  );
}

function byApp(graph: MeshGraph) {
  const apps = new Map<string, { id: string; name: string; requests: number; errors: number; most: number }>();
  for (const node of graph.nodes) {
    if (node.kind === 'OUTSIDE') {
      continue;
    }
    const key = `${node.kind}/${node.namespace}/${node.app}`;
    const known = apps.get(key) ?? { id: node.id, name: node.app, requests: 0, errors: 0, most: -1 };
    known.requests += node.requestRate;
    known.errors += node.requestRate * node.errorRate;
    if (node.requestRate > known.most) {
      known.most = node.requestRate;
      known.id = node.id;
    }
    apps.set(key, known);
  }
  return [...apps.values()]
    .map((app) => ({ ...app, errorRate: app.requests > 0 ? app.errors / app.requests : 0 }))
    .sort((a, b) => b.errorRate - a.errorRate || b.requests - a.requests || a.name.localeCompare(b.name));
}

function NodeDetails({ graph, status, node, onSelect }: Shared & { node: MeshNode }) {
  const into = graph.edges.filter((e) => e.target === node.id);
  const from = graph.edges.filter((e) => e.source === node.id);
  const traces = tracesLink(status.tracesUrl, node);
  return (
    <div className="details">
      <Heading title={nodeTitle(node)} under={KIND_NAMES[node.kind]} onClose={() => onSelect(null)} />
      <Facts
        facts={[
          ['Namespace', node.namespace],
          ['Workload', node.kind === 'WORKLOAD' || node.kind === 'GATEWAY' ? node.name : ''],
          ['Called as', node.services.map((s) => <div key={s}>{s.replace('.svc.cluster.local', '')}</div>)],
          ['Gets', node.kind === 'OUTSIDE' ? '' : `${rate(node.requestRate)}, ${percent(node.errorRate)} errors`],
          [
            'Proxy',
            node.proxy ? (
              <>
                <Label isCompact status={node.proxy.state === 'SYNCED' ? 'success' : node.proxy.state === 'LAGGING' ? 'warning' : 'danger'}>
                  {node.proxy.state.toLowerCase()}
                </Label>{' '}
                {node.proxy.userAgent}
                {node.proxy.count > 1 && ` × ${node.proxy.count}`}
              </>
            ) : node.kind === 'WORKLOAD' && status.pilotRevision !== null ? (
              'none known to Pilot'
            ) : null,
          ],
          ['Identity', node.proxy?.identity ? <span className="breaks">{node.proxy.identity}</span> : null],
        ]}
      />
      {traces && (
        <a className="link" href={traces} target="_blank" rel="noreferrer">
          Traces of the last hour <ExternalLinkAltIcon />
        </a>
      )}
      <EdgeRows title="Calls to it" edges={into} graph={graph} end="source" onSelect={onSelect} />
      <EdgeRows title="Calls it makes" edges={from} graph={graph} end="target" onSelect={onSelect} />
      {node.configuration.length > 0 && (
        <>
          <h3>Configuration in force</h3>
          <ul className="plain">
            {node.configuration.map((object) => (
              <li key={`${object.kind}/${object.namespace}/${object.name}`}>
                <strong>{object.kind}</strong> {object.namespace}/{object.name}
                <div className="muted breaks">{object.origin}</div>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function EdgeRows(props: {
  title: string;
  edges: MeshEdge[];
  graph: MeshGraph;
  end: 'source' | 'target';
  onSelect: (id: string) => void;
}) {
  if (props.edges.length === 0) {
    return null;
  }
  const nodes = new Map(props.graph.nodes.map((n) => [n.id, n]));
  return (
    <>
      <h3>{props.title}</h3>
      <table className="rows">
        <tbody>
          {[...props.edges]
            .sort((a, b) => b.requestRate - a.requestRate)
            .map((edge) => {
              const other = nodes.get(edge[props.end]);
              return (
                <tr key={edge.id}>
                  <td>
                    <HealthDot health={edgeHealth(edge)} />
                    <Button variant="link" isInline onClick={() => props.onSelect(edge.id)}>
                      {other ? nodeTitle(other) : edge[props.end]}
                    </Button>
                  </td>
                  <td className="number">
                    {edge.protocol === 'tcp' ? bytes(edge.sentBytesRate + edge.receivedBytesRate) : rate(edge.requestRate)}
                  </td>
                  <td className="number">{percent(edge.errorRate)}</td>
                </tr>
              );
            })}
        </tbody>
      </table>
    </>
  );
}

function EdgeDetails({ graph, status, edge, onSelect }: Shared & { edge: MeshEdge }) {
  const source = graph.nodes.find((n) => n.id === edge.source);
  const target = graph.nodes.find((n) => n.id === edge.target);
  const lock = lockOf(edge);
  const traces = tracesLink(status.tracesUrl, target) ?? tracesLink(status.tracesUrl, source);
  const codes = Object.entries(edge.responses).sort(([, a], [, b]) => b - a);
  const end = (node: MeshNode | undefined, id: string) => (
    <Button variant="link" isInline onClick={() => onSelect(id)}>
      {node ? nodeTitle(node) : id}
    </Button>
  );
  return (
    <div className="details">
      <Heading
        title={`${source ? nodeTitle(source) : edge.source} → ${target ? nodeTitle(target) : edge.target}`}
        under={edge.service.replace('.svc.cluster.local', '')}
        onClose={() => onSelect(null)}
      />
      <Facts
        facts={[
          ['From', end(source, edge.source)],
          ['To', end(target, edge.target)],
          ['Protocol', edge.protocol],
          ['Requests', edge.protocol === 'tcp' ? '' : rate(edge.requestRate)],
          ['Errors', edge.protocol === 'tcp' ? '' : percent(edge.errorRate)],
          ['Median (p50)', edge.protocol === 'tcp' ? '' : millis(edge.p50Millis)],
          ['p99', edge.protocol === 'tcp' ? '' : millis(edge.p99Millis)],
          ['Sent', edge.sentBytesRate > 0 ? bytes(edge.sentBytesRate) : ''],
          ['Received', edge.receivedBytesRate > 0 ? bytes(edge.receivedBytesRate) : ''],
          [
            'Encryption',
            lock === 'none' ? (
              'outside the mesh: not by mutual TLS'
            ) : (
              <Label
                isCompact
                icon={lock === 'locked' ? <LockIcon /> : <LockOpenIcon />}
                status={lock === 'locked' ? 'success' : 'warning'}
              >
                {lock === 'locked' ? 'mutual TLS' : lock === 'open' ? 'plaintext' : `${percent(edge.mtlsShare)} mutual TLS`}
              </Label>
            ),
          ],
        ]}
      />
      {codes.length > 0 && (
        <>
          <h3>Answers</h3>
          <table className="rows">
            <tbody>
              {codes.map(([code, perSecond]) => (
                <tr key={code}>
                  <td>
                    <HealthDot health={/^[123]/.test(code) ? 'good' : code.startsWith('4') ? 'degraded' : 'failing'} />
                    {code === '0' ? 'no answer' : code}
                  </td>
                  <td className="number">{rate(perSecond)}</td>
                  <td className="number">{percent(edge.requestRate > 0 ? perSecond / edge.requestRate : 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {traces && (
        <Content component="p">
          <a className="link" href={traces} target="_blank" rel="noreferrer">
            Traces of the last hour <ExternalLinkAltIcon />
          </a>
        </Content>
      )}
    </div>
  );
}
