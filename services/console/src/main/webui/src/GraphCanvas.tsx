// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { Button } from '@patternfly/react-core';
import ExpandIcon from '@patternfly/react-icons/dist/esm/icons/expand-icon';
import MinusIcon from '@patternfly/react-icons/dist/esm/icons/minus-icon';
import PlusIcon from '@patternfly/react-icons/dist/esm/icons/plus-icon';
import { EdgeShape } from './EdgeShape';
import { Hint } from './Hint';
import { grouped as groupsOf, layoutOf, topology } from './layout';
import type { MeshGraph } from './model';
import { NodeShape } from './NodeShape';

interface View {
  k: number;
  x: number;
  y: number;
}

const SMALLEST = 0.2;
const LARGEST = 2.5;

/** The picture: drag to move, wheel to zoom, Tab through nodes and edges, Enter to open one. */
export function GraphCanvas(props: {
  graph: MeshGraph;
  dimmed: boolean;
  selected: string | null;
  onSelect: (id: string | null) => void;
}) {
  const { graph, dimmed, selected, onSelect } = props;
  const shape = topology(graph);
  const layout = useMemo(() => layoutOf(graph), [shape]);
  const svg = useRef<SVGSVGElement>(null);
  const [view, setView] = useState<View>({ k: 1, x: 0, y: 0 });
  const moved = useRef(false);
  const drag = useRef<{ x: number; y: number } | null>(null);
  const [hint, setHint] = useState<{ id: string; x: number; y: number } | null>(null);

  const fit = useCallback(() => {
    const box = svg.current?.getBoundingClientRect();
    if (!box || box.width === 0) {
      return;
    }
    const k = Math.min(1.2, Math.max(SMALLEST, Math.min(box.width / layout.width, box.height / layout.height)));
    setView({ k, x: (box.width - layout.width * k) / 2, y: (box.height - layout.height * k) / 2 });
    moved.current = false;
  }, [layout]);

  useEffect(() => {
    if (!moved.current) {
      fit();
    }
    const observer = new ResizeObserver(() => {
      if (!moved.current) {
        fit();
      }
    });
    observer.observe(svg.current!);
    return () => observer.disconnect();
  }, [fit]);

  const zoom = useCallback((factor: number, at?: { x: number; y: number }) => {
    const box = svg.current!.getBoundingClientRect();
    const centre = at ?? { x: box.width / 2, y: box.height / 2 };
    moved.current = true;
    setView((v) => {
      const k = Math.min(LARGEST, Math.max(SMALLEST, v.k * factor));
      const ratio = k / v.k;
      return { k, x: centre.x - (centre.x - v.x) * ratio, y: centre.y - (centre.y - v.y) * ratio };
    });
  }, []);

  useEffect(() => {
    const element = svg.current!;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 500), { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    // React's own listener is passive, and could not keep the page from scrolling.
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [zoom]);

  const move = (event: PointerEvent) => {
    if (drag.current) {
      const dx = event.clientX - drag.current.x;
      const dy = event.clientY - drag.current.y;
      if (Math.abs(dx) + Math.abs(dy) > 2 || moved.current) {
        moved.current = true;
        drag.current = { x: event.clientX, y: event.clientY };
        setView((v) => ({ ...v, x: v.x + dx, y: v.y + dy }));
      }
    }
  };
  const keys = (event: KeyboardEvent) => {
    const step = 60;
    const pans: Record<string, [number, number]> = {
      ArrowLeft: [step, 0],
      ArrowRight: [-step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const pan = pans[event.key];
    if (pan) {
      event.preventDefault();
      moved.current = true;
      setView((v) => ({ ...v, x: v.x + pan[0], y: v.y + pan[1] }));
    } else if (event.key === '+' || event.key === '=') {
      zoom(1.2);
    } else if (event.key === '-') {
      zoom(1 / 1.2);
    } else if (event.key === '0') {
      fit();
    } else if (event.key === 'Escape') {
      onSelect(null);
      setHint(null);
    }
  };

  const show = (id: string, element: Element) => {
    const box = svg.current!.getBoundingClientRect();
    const target = element.getBoundingClientRect();
    setHint({
      id,
      x: Math.min(Math.max(target.left + target.width / 2 - box.left, 130), box.width - 130),
      y: target.bottom - box.top,
    });
  };
  const near = useMemo(() => {
    const focus = hint?.id ?? selected;
    if (!focus) {
      return null;
    }
    const ids = new Set([focus]);
    for (const edge of graph.edges) {
      if (edge.id === focus || edge.source === focus || edge.target === focus) {
        ids.add(edge.id).add(edge.source).add(edge.target);
      }
    }
    return ids;
  }, [hint?.id, selected, graph]);
  const faded = (id: string) => near !== null && !near.has(id);
  const nodesById = new Map(graph.nodes.map((n) => [n.id, n]));
  const grouped = groupsOf(graph.nodes);
  const connected = new Set(graph.edges.flatMap((e) => [e.source, e.target]));
  const busiest = graph.edges.reduce((most, e) => Math.max(most, e.requestRate), 1);
  const interactions = (id: string) => ({
    selected: selected === id,
    faded: faded(id),
    onSelect: () => onSelect(selected === id ? null : id),
    onShow: (element: Element) => show(id, element),
    onHide: () => setHint(null),
  });

  return (
    <div className={dimmed ? 'canvas canvas--dimmed' : 'canvas'}>
      <svg
        ref={svg}
        role="group"
        aria-label="Traffic graph"
        className="canvas__svg"
        onPointerDown={(event) => {
          if (event.target === svg.current) {
            drag.current = { x: event.clientX, y: event.clientY };
            svg.current?.setPointerCapture(event.pointerId);
          }
        }}
        onPointerMove={move}
        onPointerUp={() => {
          drag.current = null;
        }}
        onClick={(event) => {
          if (event.target === svg.current) {
            onSelect(null);
          }
        }}
        onKeyDown={keys}
      >
        <defs>
          {['idle', 'good', 'degraded', 'failing'].map((health) => (
            <marker
              key={health}
              id={`arrow-${health}`}
              className={`arrow arrow--${health}`}
              viewBox="0 0 10 10"
              refX="5"
              refY="5"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0.5 L10,5 L0,9.5 z" />
            </marker>
          ))}
        </defs>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.k})`}>
          {layout.groups.map((group) => (
            <g key={group.id} className="group">
              <rect x={group.x - group.width / 2} y={group.y - group.height / 2} width={group.width} height={group.height} rx="10" />
              <text x={group.x} y={group.y - group.height / 2 + 20} textAnchor="middle">
                {group.app}
              </text>
            </g>
          ))}
          {graph.edges.map((edge) => {
            const route = layout.edges.get(edge.id);
            return route ? (
              <EdgeShape
                key={edge.id}
                edge={edge}
                route={route}
                busiest={busiest}
                from={nodesById.get(edge.source)}
                to={nodesById.get(edge.target)}
                {...interactions(edge.id)}
              />
            ) : null;
          })}
          {graph.nodes.map((node) => {
            const box = layout.nodes.get(node.id);
            return box ? (
              <NodeShape
                key={node.id}
                node={node}
                box={box}
                inGroup={grouped.has(node.id) && connected.has(node.id)}
                idle={!connected.has(node.id)}
                {...interactions(node.id)}
              />
            ) : null;
          })}
        </g>
      </svg>
      {hint && <Hint graph={graph} id={hint.id} x={hint.x} y={hint.y} />}
      <div className="canvas__zoom">
        <Button variant="control" size="sm" icon={<PlusIcon />} aria-label="Zoom in" onClick={() => zoom(1.25)} />
        <Button variant="control" size="sm" icon={<MinusIcon />} aria-label="Zoom out" onClick={() => zoom(1 / 1.25)} />
        <Button variant="control" size="sm" icon={<ExpandIcon />} aria-label="Fit the graph to the window" onClick={fit} />
      </div>
    </div>
  );
}
