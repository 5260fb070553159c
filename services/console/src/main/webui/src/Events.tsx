// SPDX-License-Identifier: Apache-2.0
import { clock } from './format';
import type { MeshEvent } from './model';

/** The time line, the newest first. */
export function Events({ events }: { events: MeshEvent[] }) {
  if (events.length === 0) {
    return <p className="calm">Nothing has happened since the console started. Save a file in the configuration directory, and it shows here.</p>;
  }
  return (
    <ol className="timeline">
      {events.map((event) => (
        <li key={event.id} className={`timeline__entry timeline__entry--${event.tone.toLowerCase()}`}>
          <time dateTime={event.at}>{clock(event.at)}</time>
          <div>
            <strong>{titleOf(event.type)}</strong>
            {event.subject && <div className="breaks">{event.subject}</div>}
            {event.detail && <div className="muted breaks">{event.detail}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** "io.flotilla.config.rejected" is "configuration rejected". */
export function titleOf(type: string): string {
  const words = type.replace(/^io\.flotilla\./, '').replace(/^config\b/, 'configuration');
  return words.replace(/[.\-_]/g, ' ');
}
