// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'react';
import type { MeshGraph, MeshView } from './model';

export type Connection = 'connecting' | 'live' | 'lost' | 'paused';

export interface Live {
  view: MeshView | null;
  connection: Connection;
  /** While telemetry is away: the graph as it last was, and when. */
  stale: { graph: MeshGraph; at: string } | null;
}

const RETRY_MILLIS = 3000;

/** Follows the mesh. The browser's EventSource gives up after an error status; here it is tried again. */
export function useLive(windowSeconds: number, paused: boolean): Live {
  const [view, setView] = useState<MeshView | null>(null);
  const [connection, setConnection] = useState<Connection>('connecting');
  const lastGood = useRef<{ graph: MeshGraph; at: string } | null>(null);

  useEffect(() => {
    if (paused) {
      setConnection('paused');
      return;
    }
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(`/console/api/live?window=${windowSeconds}`);
      source.onmessage = (message) => {
        const next = JSON.parse(message.data as string) as MeshView;
        if (!next.graph.problem) {
          lastGood.current = { graph: next.graph, at: next.at };
        }
        setView(next);
        setConnection('live');
      };
      source.onerror = () => {
        setConnection('lost');
        source?.close();
        retry = setTimeout(open, RETRY_MILLIS);
      };
    };
    setConnection('connecting');
    open();
    return () => {
      clearTimeout(retry);
      source?.close();
    };
  }, [windowSeconds, paused]);

  const known = lastGood.current;
  const stale = view?.graph.problem && known && known.graph.edges.length > 0 ? known : null;
  return { view, connection, stale };
}
