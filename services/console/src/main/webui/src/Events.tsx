// SPDX-License-Identifier: Apache-2.0
import { clock } from './format';
import type { MeshEvent } from './model';
import { moments, subjectsOf } from './timeline';

/** The time line, the newest first. */
export function Events({ events }: { events: MeshEvent[] }) {
  if (events.length === 0) {
    return <p className="calm">Nothing has happened since the console started. Save a file in the configuration directory, and it shows here.</p>;
  }
  return (
    <ol className="timeline">
      {moments(events).map((moment) => (
        <li key={moment.first.id} className={`timeline__entry timeline__entry--${moment.first.tone.toLowerCase()}`}>
          <time dateTime={moment.first.at}>{clock(moment.first.at)}</time>
          <div>
            <strong>{moment.title}</strong>
            {moment.count > 1 && <span className="muted"> × {moment.count}</span>}
            {moment.subjects.length > 0 && <div className="breaks">{subjectsOf(moment)}</div>}
            {moment.count === 1 && moment.first.detail && <div className="muted breaks">{moment.first.detail}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
