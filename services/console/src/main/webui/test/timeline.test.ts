// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { MeshEvent, Tone } from '../src/model';
import { moments, subjectsOf } from '../src/timeline';

let next = 0;
function event(type: string, subject: string, second: number, tone: Tone = 'GOOD', source = '/pilot'): MeshEvent {
  return {
    id: String(next++),
    at: new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString(),
    type: `io.flotilla.${type}`,
    source,
    subject,
    tone,
    detail: '',
  };
}

describe('the time line', () => {
  it('makes one line of what all proxies say at once', () => {
    const lines = moments([
      event('proxy.acknowledged', 'sidecar~10.0.0.1~a-v1.default~default.svc.cluster.local', 9),
      event('config.accepted', 'VirtualService default/a', 9, 'GOOD', '/galley'),
      event('proxy.acknowledged', 'sidecar~10.0.0.2~b-v1.default~default.svc.cluster.local', 8),
      event('proxy.acknowledged', 'sidecar~10.0.0.2~b-v1.default~default.svc.cluster.local', 1),
    ]);
    expect(lines.map((line) => [line.title, line.count, subjectsOf(line)])).toEqual([
      ['proxy acknowledged', 2, 'a-v1.default, b-v1.default'],
      ['configuration accepted', 1, 'VirtualService default/a'],
      ['proxy acknowledged', 1, 'b-v1.default'],
    ]);
  });

  it('leaves what went wrong on lines of its own', () => {
    const lines = moments([
      event('proxy.refused', 'sidecar~10.0.0.1~a-v1.default~x', 2, 'BAD'),
      event('proxy.refused', 'sidecar~10.0.0.1~a-v1.default~x', 1, 'BAD'),
    ]);
    expect(lines).toHaveLength(2);
  });

  it('names a few and counts the rest', () => {
    const [line] = moments(
      ['a', 'b', 'c', 'd', 'e'].map((name) => event('certificate.issued', `spiffe://cluster.local/ns/shop/sa/${name}`, 1)),
    );
    expect(subjectsOf(line!)).toBe('a.shop, b.shop, c.shop and 2 more');
  });
});
