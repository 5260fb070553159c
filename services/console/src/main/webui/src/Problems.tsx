// SPDX-License-Identifier: Apache-2.0
import { Label } from '@patternfly/react-core';
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import { problemCount, type MeshStatus } from './model';

/** What needs a person: parts that are away, proxies behind or refusing, documents rejected. */
export function Problems({ status }: { status: MeshStatus }) {
  const away = status.parts.filter((p) => p.problem);
  const troubled = status.proxies.filter((p) => p.state !== 'SYNCED');
  if (problemCount(status) === 0) {
    return (
      <p className="calm">
        <CheckCircleIcon /> All parts answer, {status.proxyCount} proxies run what they were sent, and every document is in force.
      </p>
    );
  }
  return (
    <div className="details">
      {away.length > 0 && (
        <>
          <h3>Parts that are away</h3>
          <ul className="plain">
            {away.map((part) => (
              <li key={part.name}>
                <Label isCompact status="danger">
                  {part.name}
                </Label>
                <div className="breaks">{part.problem}</div>
              </li>
            ))}
          </ul>
        </>
      )}
      {status.rejections.length > 0 && (
        <>
          <h3>Rejected configuration</h3>
          <ul className="plain">
            {status.rejections.map((r) => (
              <li key={`${r.file}:${r.line}:${r.object}`}>
                <code className="breaks">
                  {r.file}
                  {r.line > 0 && `:${r.line}`}
                </code>
                {r.object && <div>{r.object}</div>}
                <div className="breaks">{r.reason}</div>
              </li>
            ))}
          </ul>
        </>
      )}
      {troubled.length > 0 && (
        <>
          <h3>Proxies</h3>
          <ul className="plain">
            {troubled.map((proxy) => (
              <li key={proxy.nodeId}>
                <Label isCompact status={proxy.state === 'REFUSED' ? 'danger' : 'warning'}>
                  {proxy.state.toLowerCase()}
                </Label>{' '}
                {proxy.namespace}/{proxy.workload}
                {proxy.refused.map((text) => (
                  <div key={text} className="breaks">
                    {text.replace(/^type\.googleapis\.com\/[\w.]*\.(\w+) /, '$1 ')}
                  </div>
                ))}
                {proxy.state === 'LAGGING' && (
                  <div className="muted">
                    has acknowledged revision {proxy.acknowledgedRevision} of {proxy.sentRevision}
                    {proxy.acknowledgedAt && `, in step until ${new Date(proxy.acknowledgedAt).toLocaleTimeString()}`}
                  </div>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {status.unreachable.length > 0 && (
        <>
          <h3>Without metrics</h3>
          <ul className="plain">
            {status.unreachable.map((text) => (
              <li key={text} className="breaks">
                {text}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
