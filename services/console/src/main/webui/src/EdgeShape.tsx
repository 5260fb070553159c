// SPDX-License-Identifier: Apache-2.0
import { LockIconConfig } from '@patternfly/react-icons/dist/esm/icons/lock-icon';
import { LockOpenIconConfig } from '@patternfly/react-icons/dist/esm/icons/lock-open-icon';
import { bytes, millis, percent, rate } from './format';
import { Glyph } from './Glyph';
import type { Route } from './layout';
import { edgeHealth, lockOf, nodeTitle, type MeshEdge, type MeshNode } from './model';
import type { Interactions } from './NodeShape';
import { pressed } from './NodeShape';

const CHARACTER = 6.4;

export function EdgeShape(
  props: {
    edge: MeshEdge;
    route: Route;
    busiest: number;
    from: MeshNode | undefined;
    to: MeshNode | undefined;
  } & Interactions,
) {
  const { edge, route, busiest, from, to } = props;
  const health = edgeHealth(edge);
  const lock = lockOf(edge);
  const figure = edge.protocol === 'tcp' ? bytes(edge.sentBytesRate + edge.receivedBytesRate) : rate(edge.requestRate);
  const errors = edge.errorRate > 0 && edge.requestRate > 0 ? percent(edge.errorRate) : '';
  const locked = lock !== 'none';
  const width = 14 + (locked ? 15 : 0) + figure.length * CHARACTER + (errors ? 8 + errors.length * CHARACTER : 0);
  const left = -width / 2 + 7;
  const afterLock = left + (locked ? 15 : 0);
  const thickness = 1.4 + 2.6 * Math.sqrt(Math.min(1, edge.requestRate / busiest));
  const pace = edge.requestRate >= 50 ? 'fast' : edge.requestRate >= 5 ? 'medium' : 'slow';
  const classes = ['edge', `edge--${health}`];
  if (props.selected) {
    classes.push('is-selected');
  }
  if (props.faded) {
    classes.push('is-faded');
  }
  const encryption = { locked: 'mutual TLS', partly: 'partly mutual TLS', open: 'plaintext', none: '' }[lock];
  return (
    <g
      className={classes.join(' ')}
      role="button"
      tabIndex={0}
      data-edge={edge.id}
      aria-pressed={props.selected}
      aria-label={[
        `${from ? nodeTitle(from) : edge.source} calls ${to ? nodeTitle(to) : edge.target}`,
        figure,
        `errors ${percent(edge.errorRate)}`,
        encryption,
        `median ${millis(edge.p50Millis)}`,
      ]
        .filter(Boolean)
        .join(', ')}
      onClick={props.onSelect}
      onKeyDown={pressed(props.onSelect)}
      onMouseEnter={(event) => props.onShow(event.currentTarget.querySelector('.edge__label')!)}
      onMouseLeave={props.onHide}
      onFocus={(event) => props.onShow(event.currentTarget.querySelector('.edge__label')!)}
      onBlur={props.onHide}
    >
      <path className="edge__reach" d={route.path} />
      <path className="edge__line" d={route.path} strokeWidth={thickness} markerEnd={`url(#arrow-${health})`} />
      {health !== 'idle' && <path className={`edge__flow edge__flow--${pace}`} d={route.path} />}
      <g className="edge__label" transform={`translate(${route.label.x} ${route.label.y})`}>
        <rect x={-width / 2} y="-11" width={width} height="22" rx="11" />
        {lock === 'locked' && <Glyph config={LockIconConfig} className="lock lock--locked" x={left} y={-5.5} size={11} />}
        {(lock === 'partly' || lock === 'open') && (
          <Glyph config={LockOpenIconConfig} className={`lock lock--${lock}`} x={left} y={-5.5} size={11} />
        )}
        <text x={afterLock} y="4" className="edge__rate">
          {figure}
        </text>
        {errors && (
          <text x={afterLock + figure.length * CHARACTER + 8} y="4" className="edge__errors">
            {errors}
          </text>
        )}
      </g>
    </g>
  );
}
