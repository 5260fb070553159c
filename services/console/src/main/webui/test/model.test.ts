// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { bytes, millis, percent, rate } from '../src/format';
import { edgeHealth, lockOf, totals, tracesLink } from '../src/model';
import { edge, graph, node } from './sample';

describe('an edge', () => {
  it('is green below one per cent of errors, amber below five, then red', () => {
    expect(edgeHealth(edge('a', 'b', { errorRate: 0.009 }))).toBe('good');
    expect(edgeHealth(edge('a', 'b', { errorRate: 0.01 }))).toBe('degraded');
    expect(edgeHealth(edge('a', 'b', { errorRate: 0.05 }))).toBe('failing');
    expect(edgeHealth(edge('a', 'b', { requestRate: 0 }))).toBe('idle');
  });

  it('is good while bytes flow, where it is TCP', () => {
    expect(edgeHealth(edge('a', 'b', { protocol: 'tcp', requestRate: 0, sentBytesRate: 5 }))).toBe('good');
  });

  it('is locked when all requests came over mutual TLS, and needs no lock at the border of the mesh', () => {
    expect(lockOf(edge('a', 'b', { mtlsShare: 1 }))).toBe('locked');
    expect(lockOf(edge('a', 'b', { mtlsShare: 0.4 }))).toBe('partly');
    expect(lockOf(edge('a', 'b', { mtlsShare: 0 }))).toBe('open');
    expect(lockOf(edge('outside', 'b', { mtlsShare: 0 }))).toBe('none');
    expect(lockOf(edge('a', 'external/x', { mtlsShare: 0 }))).toBe('none');
  });
});

describe('a graph', () => {
  it('is summed up over its edges', () => {
    const sum = totals(
      graph(
        [node('a'), node('b')],
        [
          edge('outside', 'a', { requestRate: 10, mtlsShare: 0 }),
          edge('a', 'b', { requestRate: 30, errorRate: 0.1, mtlsShare: 0.5 }),
        ],
      ),
    );
    expect(sum.requests).toBe(40);
    expect(sum.errorRate).toBeCloseTo(0.075);
    expect(sum.mtlsShare).toBe(0.5);
  });

  it('links to the traces of a service', () => {
    expect(tracesLink('http://t:16686/', node('reviews-v1', 'reviews', 'v1'))).toBe(
      'http://t:16686/api/traces?service=reviews.default&limit=20&lookback=1h',
    );
    expect(tracesLink(null, node('a'))).toBeNull();
    expect(tracesLink('http://t', node('x', 'x', '', 'EXTERNAL'))).toBeNull();
  });
});

describe('a figure', () => {
  it('is short', () => {
    expect(rate(0)).toBe('0/s');
    expect(rate(0.02)).toBe('<0.1/s');
    expect(rate(12.54)).toBe('12.5/s');
    expect(rate(12345)).toBe('12.3k/s');
    expect(percent(0.0204)).toBe('2 %');
    expect(percent(0.0004)).toBe('<0.1 %');
    expect(percent(1)).toBe('100 %');
    expect(millis(4.24)).toBe('4.2 ms');
    expect(millis(38.7)).toBe('39 ms');
    expect(millis(1530)).toBe('1.53 s');
    expect(millis(null)).toBe('–');
    expect(bytes(1530)).toBe('1.5 kB/s');
  });
});
