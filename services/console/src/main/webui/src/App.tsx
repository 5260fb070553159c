// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import {
  Alert,
  Badge,
  Button,
  ClipboardCopy,
  EmptyState,
  EmptyStateBody,
  Label,
  Spinner,
  Tab,
  Tabs,
  TabTitleText,
  ToggleGroup,
  ToggleGroupItem,
} from '@patternfly/react-core';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import MoonIcon from '@patternfly/react-icons/dist/esm/icons/moon-icon';
import PauseIcon from '@patternfly/react-icons/dist/esm/icons/pause-icon';
import PlayIcon from '@patternfly/react-icons/dist/esm/icons/play-icon';
import SunIcon from '@patternfly/react-icons/dist/esm/icons/sun-icon';
import TopologyIcon from '@patternfly/react-icons/dist/esm/icons/topology-icon';
import { Details } from './Details';
import { Events } from './Events';
import { clock, percent, rate, windowName } from './format';
import { GraphCanvas } from './GraphCanvas';
import { Legend } from './Legend';
import { useLive, type Connection } from './live';
import { problemCount, totals, type MeshGraph, type MeshStatus } from './model';
import { Problems } from './Problems';
import { useRemembered, useTheme } from './settings';

const WINDOWS = [
  ['10', '10 s'],
  ['60', '1 min'],
  ['300', '5 min'],
] as const;

export function App() {
  const [theme, switchTheme] = useTheme();
  const [chosen, setChosen] = useRemembered('flotilla.window', ['10', '60', '300'] as const, '60');
  const [paused, setPaused] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const [tab, setTab] = useState<string | number>('details');
  const { view, connection, stale } = useLive(Number(chosen), paused);
  const select = (id: string | null) => {
    setSelected(id);
    if (id) {
      setTab('details');
    }
  };
  const graph = view && (stale ? { ...stale.graph, problem: view.graph.problem } : view.graph);

  const present = graph !== null && [...graph.nodes, ...graph.edges].some((each) => each.id === selected);

  return (
    <div className="shell">
      <header className="top">
        <img src="/console/flotilla.svg" alt="" width="30" height="30" />
        <h1>Flotilla</h1>
        {graph && <Summary graph={graph} />}
        <span className="top__space" />
        <LiveLabel connection={connection} at={view?.at} />
        <ToggleGroup aria-label="Window of the figures" isCompact>
          {WINDOWS.map(([seconds, text]) => (
            <ToggleGroupItem
              key={seconds}
              text={text}
              buttonId={`window-${seconds}`}
              aria-label={`Figures over the last ${windowName(Number(seconds))}`}
              isSelected={chosen === seconds}
              onChange={() => setChosen(seconds)}
            />
          ))}
        </ToggleGroup>
        <Button
          variant="plain"
          icon={paused ? <PlayIcon /> : <PauseIcon />}
          aria-label={paused ? 'Go on' : 'Hold the picture'}
          onClick={() => setPaused(!paused)}
        />
        <Button
          variant="plain"
          icon={theme === 'dark' ? <SunIcon /> : <MoonIcon />}
          aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={switchTheme}
        />
      </header>
      <main className="main">
        <section className="stage" aria-label="Traffic">
          <div className="stage__alerts" aria-live="polite">
            {connection === 'lost' && (
              <Alert
                isInline
                variant="warning"
                title="The console's server does not answer; the picture is the last one known. It is tried again every few seconds: is ./flotilla up still running?"
              />
            )}
            {view?.status.parts
              .filter((part) => part.problem)
              .map((part) => (
                <Alert key={part.name} isInline variant={part.name === 'telemetry' ? 'danger' : 'warning'} title={awayTitle(part.name)}>
                  {part.problem}
                  {part.name === 'telemetry' && stale && ` The traffic drawn is that of ${clock(stale.at)}.`}
                </Alert>
              ))}
          </div>
          {graph && view ? (
            <>
              {graph.edges.length === 0 && <NoTraffic graph={graph} status={view.status} />}
              {graph.nodes.length > 0 && (
                <GraphCanvas graph={graph} dimmed={Boolean(graph.problem) || connection === 'lost'} selected={selected} onSelect={select} />
              )}
              {graph.edges.length > 0 && <Legend />}
            </>
          ) : (
            <EmptyState titleText={connection === 'lost' ? 'No connection' : 'Connecting'} icon={connection === 'lost' ? ExclamationCircleIcon : Spinner} />
          )}
        </section>
        <aside className="side" aria-label="Details">
          {graph && view && (
            <Tabs activeKey={tab} onSelect={(_, key) => setTab(key)} isFilled aria-label="Panels" className="side__tabs">
              <Tab eventKey="details" title={<TabTitleText>{present ? 'Selection' : 'Overview'}</TabTitleText>}>
                <Details graph={graph} status={view.status} selected={selected} onSelect={select} />
              </Tab>
              <Tab
                eventKey="problems"
                title={
                  <TabTitleText>
                    Problems {problemCount(view.status) > 0 && <Badge className="badge--problems">{problemCount(view.status)}</Badge>}
                  </TabTitleText>
                }
              >
                <Problems status={view.status} />
              </Tab>
              <Tab eventKey="events" title={<TabTitleText>Events</TabTitleText>}>
                <Events events={view.events} />
              </Tab>
            </Tabs>
          )}
        </aside>
      </main>
    </div>
  );
}

function awayTitle(part: string): string {
  switch (part) {
    case 'telemetry':
      return 'Telemetry is unreachable';
    case 'pilot':
      return 'Pilot is unreachable: the state of the proxies is unknown';
    default:
      return 'Galley is unreachable: the configuration is unknown';
  }
}

function Summary({ graph }: { graph: MeshGraph }) {
  const sum = totals(graph);
  return (
    <dl className="summary">
      <div>
        <dt>requests</dt>
        <dd>{rate(sum.requests)}</dd>
      </div>
      <div className={sum.errorRate >= 0.05 ? 'summary--failing' : sum.errorRate >= 0.01 ? 'summary--degraded' : ''}>
        <dt>errors</dt>
        <dd>{percent(sum.errorRate)}</dd>
      </div>
      <div>
        <dt>mutual TLS</dt>
        <dd>{sum.mtlsShare === null ? '–' : percent(sum.mtlsShare)}</dd>
      </div>
    </dl>
  );
}

function LiveLabel(props: { connection: Connection; at: string | undefined }) {
  switch (props.connection) {
    case 'live':
      return (
        <Label status="success" variant="outline" isCompact>
          Live {props.at && clock(props.at)}
        </Label>
      );
    case 'paused':
      return (
        <Label color="grey" isCompact>
          Held {props.at && clock(props.at)}
        </Label>
      );
    case 'lost':
      return (
        <Label status="danger" isCompact>
          Reconnecting
        </Label>
      );
    default:
      return (
        <Label color="grey" isCompact>
          Connecting
        </Label>
      );
  }
}

function NoTraffic({ graph, status }: { graph: MeshGraph; status: MeshStatus }) {
  if (graph.problem) {
    return (
      <div className="notice">
        <EmptyState variant="sm" headingLevel="h2" status="danger" titleText="No figures">
          <EmptyStateBody>{graph.problem} The picture goes on by itself once telemetry answers.</EmptyStateBody>
        </EmptyState>
      </div>
    );
  }
  const url = status.applicationUrl ?? 'http://127.0.0.1:8080/productpage';
  return (
    <div className="notice">
      <EmptyState variant="sm" headingLevel="h2" icon={TopologyIcon} titleText={`No traffic in the last ${windowName(graph.windowSeconds)}`}>
        <EmptyStateBody>
          {status.proxyCount > 0
            ? 'The mesh is up. Call the application and watch it appear here within seconds:'
            : 'No proxy is connected yet. Start a mesh with ./flotilla up, then call the application:'}
          <ClipboardCopy variant="inline-compact" isCode isBlock hoverTip="Copy" clickTip="Copied" className="notice__command">
            {`while sleep 0.1; do curl -so /dev/null ${url}; done`}
          </ClipboardCopy>
        </EmptyStateBody>
      </EmptyState>
    </div>
  );
}
