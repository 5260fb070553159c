// SPDX-License-Identifier: Apache-2.0
import type { MeshEvent } from './model';

/** Events of one kind that came together, as one line of the time line. */
export interface Moment {
  first: MeshEvent;
  title: string;
  subjects: string[];
  count: number;
}

const TOGETHER_MILLIS = 5000;
const SUBJECTS_SHOWN = 3;

/**
 * The newest first. One change makes every proxy acknowledge: what went well at about the same time is one moment,
 * whatever else happened in between; what went wrong always stands alone.
 */
export function moments(events: MeshEvent[]): Moment[] {
  const result: Moment[] = [];
  for (const event of events) {
    const known = result.find(
      (moment) =>
        event.tone === 'GOOD' &&
        moment.first.type === event.type &&
        Date.parse(moment.first.at) - Date.parse(event.at) <= TOGETHER_MILLIS &&
        event.source !== '/galley',
    );
    const subject = subjectOf(event);
    if (known) {
      known.count++;
      if (!known.subjects.includes(subject)) {
        known.subjects.push(subject);
      }
    } else {
      result.push({ first: event, title: titleOf(event.type), subjects: subject ? [subject] : [], count: 1 });
    }
  }
  return result;
}

export function subjectsOf(moment: Moment): string {
  const shown = moment.subjects.slice(0, SUBJECTS_SHOWN);
  const more = moment.subjects.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** "sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local" is "reviews-v1.default". */
function subjectOf(event: MeshEvent): string {
  const parts = event.subject.split('~');
  return parts.length === 4 ? parts[2]! : event.subject.replace(/^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/(.+)$/, '$2.$1');
}

/** "io.flotilla.config.rejected" is "configuration rejected". */
export function titleOf(type: string): string {
  const words = type.replace(/^io\.flotilla\./, '').replace(/^config\b/, 'configuration');
  return words.replace(/[.\-_]/g, ' ');
}
