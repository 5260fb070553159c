// SPDX-License-Identifier: Apache-2.0
import type { KeyboardEvent } from 'react';
import { CubeIconConfig } from '@patternfly/react-icons/dist/esm/icons/cube-icon';
import { ExclamationTriangleIconConfig } from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import { GlobeIconConfig } from '@patternfly/react-icons/dist/esm/icons/globe-icon';
import { QuestionIconConfig } from '@patternfly/react-icons/dist/esm/icons/question-icon';
import { RouteIconConfig } from '@patternfly/react-icons/dist/esm/icons/route-icon';
import { UsersIconConfig } from '@patternfly/react-icons/dist/esm/icons/users-icon';
import { percent, rate } from './format';
import { Glyph } from './Glyph';
import type { Box } from './layout';
import { healthOf, nodeTitle, type Kind, type MeshNode } from './model';

export interface Interactions {
  selected: boolean;
  faded: boolean;
  onSelect: () => void;
  onShow: (element: Element) => void;
  onHide: () => void;
}

/** Enter and Space do what a click does. */
export function pressed(action: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.stopPropagation();
      action();
    }
  };
}

const ICONS: Record<Kind, unknown> = {
  WORKLOAD: CubeIconConfig,
  GATEWAY: RouteIconConfig,
  SERVICE: QuestionIconConfig,
  EXTERNAL: GlobeIconConfig,
  OUTSIDE: UsersIconConfig,
};

export const KIND_NAMES: Record<Kind, string> = {
  WORKLOAD: 'workload',
  GATEWAY: 'gateway',
  SERVICE: 'service without a workload that answers',
  EXTERNAL: 'host outside the mesh',
  OUTSIDE: 'callers outside the mesh',
};

export function NodeShape(props: { node: MeshNode; box: Box; inGroup: boolean; idle: boolean } & Interactions) {
  const { node, box, inGroup, idle } = props;
  const health = healthOf(node.requestRate, node.errorRate);
  const classes = ['node', `node--${node.kind.toLowerCase()}`, `node--${health}`];
  if (idle) {
    classes.push('node--unused');
  }
  if (props.selected) {
    classes.push('is-selected');
  }
  if (props.faded) {
    classes.push('is-faded');
  }
  const title = inGroup ? node.version || node.name : nameOf(node);
  const under = inGroup ? node.name : subtitle(node, idle);
  const room = Math.floor((box.width - 10) / 7.1);
  const troubled = node.proxy && node.proxy.state !== 'SYNCED';
  const half = { width: box.width / 2, height: box.height / 2 };
  return (
    <g
      className={classes.join(' ')}
      transform={`translate(${box.x} ${box.y})`}
      role="button"
      tabIndex={0}
      data-node={node.id}
      aria-pressed={props.selected}
      aria-label={[
        nodeTitle(node),
        KIND_NAMES[node.kind],
        idle ? 'no traffic' : `gets ${rate(node.requestRate)}, errors ${percent(node.errorRate)}`,
        troubled ? `proxy ${node.proxy?.state.toLowerCase()}` : '',
      ]
        .filter(Boolean)
        .join(', ')}
      onClick={props.onSelect}
      onKeyDown={pressed(props.onSelect)}
      onMouseEnter={(event) => props.onShow(event.currentTarget)}
      onMouseLeave={props.onHide}
      onFocus={(event) => props.onShow(event.currentTarget)}
      onBlur={props.onHide}
    >
      <rect
        className="node__body"
        x={-half.width}
        y={-half.height}
        width={box.width}
        height={box.height}
        rx={node.kind === 'OUTSIDE' || node.kind === 'EXTERNAL' ? 30 : node.kind === 'GATEWAY' ? 3 : 10}
      />
      {node.kind === 'GATEWAY' && <rect className="node__bar" x={-half.width} y={-half.height} width="5" height={box.height} rx="2" />}
      <circle className="node__disc" cx="0" cy={-half.height + 21} r="14" />
      <Glyph config={ICONS[node.kind]} className="node__icon" x={-7} y={-half.height + 14} size={14} />
      <text className="node__title" y={half.height - (under ? 23 : 15)} textAnchor="middle">
        {clipped(title, room)}
      </text>
      {under && (
        <text className="node__under" y={half.height - 8} textAnchor="middle">
          {clipped(under, room + 2)}
        </text>
      )}
      {troubled && (
        <g className={`node__trouble node__trouble--${node.proxy?.state.toLowerCase()}`}>
          <circle cx={half.width - 4} cy={-half.height + 4} r="10" />
          <Glyph config={ExclamationTriangleIconConfig} x={half.width - 9.5} y={-half.height - 2} size={11} />
        </g>
      )}
    </g>
  );
}

function nameOf(node: MeshNode): string {
  switch (node.kind) {
    case 'WORKLOAD':
      return node.app;
    case 'OUTSIDE':
      return 'Outside';
    case 'GATEWAY':
      // The bar and the icon say the rest.
      return node.name.replace(/^istio-/, '');
    default:
      return node.name;
  }
}

function subtitle(node: MeshNode, idle: boolean): string {
  switch (node.kind) {
    case 'OUTSIDE':
      return 'callers';
    case 'EXTERNAL':
      return 'external host';
    case 'SERVICE':
      return 'nobody answers';
    case 'GATEWAY':
      return idle ? 'gateway, idle' : 'gateway';
    case 'WORKLOAD':
      return [node.version, idle ? 'idle' : ''].filter(Boolean).join(', ');
  }
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
